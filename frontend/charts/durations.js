// How long something took, in words: the same as desk/web/durations.py says on pages and in mails.
const SIZES = [[86400, "d", "天"], [3600, "h", "小时"], [60, "min", "分钟"], [1, "s", "秒"]];

// `40 ms`, `1.4 s`, `12 min`, `3.5 h`, `2 d`; seconds come in, `lang` is a language tag.
export function duration(seconds, lang) {
  const zh = lang.startsWith("zh");
  const said = (value, en, chinese) =>
    `${value.toLocaleString(lang, { maximumFractionDigits: value < 10 ? 1 : 0 })} ${zh ? chinese : en}`;
  for (const [size, en, chinese] of SIZES) if (seconds >= size) return said(seconds / size, en, chinese);
  return seconds ? said(seconds * 1000, "ms", "毫秒") : said(0, "s", "秒");
}
