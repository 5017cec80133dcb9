// The charts of the desk: bars and lines of ECharts, cut to what is used, in the colours and the type of the page.
// Canvas and rich-text tooltips: the content security policy forbids style attributes in markup.
import { BarChart, LineChart } from "echarts/charts";
import { GridComponent, TooltipComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { duration } from "./durations.js";

echarts.use([BarChart, LineChart, GridComponent, TooltipComponent, CanvasRenderer]);

const LONGEST = 28; // characters of a name at a bar; all of it is in the tooltip and in the table
const shown = new Set();

function colours() {
  const style = getComputedStyle(document.documentElement);
  const of = (name) => style.getPropertyValue(name).trim();
  return {
    brand: of("--ld-brand"), soft: of("--ld-brand-soft"), text: of("--ld-text"), quiet: of("--ld-text-2"),
    line: of("--ld-line"), strong: of("--ld-line-strong"), raised: of("--ld-raised"), font: of("--ld-font"),
  };
}

// Axis labels stay short: the exact words are in the tooltip and in the table.
function onAxis(unit, value) {
  const { lang } = document.documentElement;
  if (unit === "share") return `${Math.round(value * 100)}%`;
  if (unit === "duration") return duration(value, lang);
  return value.toLocaleString(lang, { maximumFractionDigits: 1 });
}

// Round steps of a clock for an axis of seconds: ECharts knows those of decimal numbers only.
const STEPS = [1, 2, 5, 10, 15, 30].flatMap((n) => [n, n * 60]).concat([1, 2, 3, 6, 12].map((n) => n * 3600));
function step(seconds, parts) {
  const least = seconds / parts;
  const fits = STEPS.filter((one) => one >= least);
  if (fits.length) return Math.min(...fits);
  const days = least / 86400;
  const size = 10 ** Math.floor(Math.log10(days));
  return [1, 2, 5, 10].find((n) => n * size >= days) * size * 86400;
}

// Bars that lie are drawn from below.
function ordering({ kind, overTime, rows }) {
  const lying = kind === "bar" && !overTime;
  return { lying, ordered: lying ? [...rows].reverse() : rows };
}

function option(data, width, size) {
  const { kind, unit, title, rows } = data;
  const c = colours();
  const { lying, ordered } = ordering(data);
  const names = {
    type: "category",
    data: ordered.map((row) => (row.name.length > LONGEST ? `${row.name.slice(0, LONGEST - 1)}…` : row.name)),
    axisLine: { lineStyle: { color: c.strong } },
    axisTick: { show: false },
    axisLabel: { color: c.quiet, fontSize: size, hideOverlap: !lying, interval: lying ? 0 : "auto",
      width: lying ? Math.min(180, width * 0.34) : undefined, overflow: lying ? "break" : "none" },
  };
  const parts = width < 480 ? 3 : 5;
  const most = Math.max(0, ...rows.map((row) => row.value ?? 0));
  const every = unit === "duration" && most >= parts ? step(most, parts) : undefined;
  const values = {
    type: "value",
    max: unit === "share" ? 1 : unit === "score" ? 5 : every ? Math.ceil(most / every) * every : undefined,
    minInterval: unit === "count" ? 1 : undefined,
    splitNumber: parts,
    interval: every,
    splitLine: { lineStyle: { color: c.line } },
    axisLabel: { color: c.quiet, fontSize: size, formatter: (value) => onAxis(unit, value), hideOverlap: true },
  };
  return {
    animation: false,
    textStyle: { fontFamily: c.font, fontSize: size },
    grid: { left: 8, right: lying ? 64 : 16, top: 12, bottom: 8, containLabel: true },
    tooltip: {
      renderMode: "richText", trigger: lying ? "item" : "axis", confine: true,
      backgroundColor: c.raised, borderColor: c.strong, textStyle: { color: c.text, fontFamily: c.font, fontSize: 13 },
      formatter: (found) => {
        const row = ordered[(Array.isArray(found) ? found[0] : found).dataIndex];
        return `${row.name}\n${title}: ${row.said}`;
      },
    },
    xAxis: lying ? values : names,
    yAxis: lying ? names : values,
    series: [{
      type: kind, data: ordered.map((row) => row.value), color: c.brand, barMaxWidth: 22, cursor: "pointer",
      label: { show: lying, position: "right", color: c.text, fontSize: size, formatter: ({ dataIndex }) => ordered[dataIndex].said },
      itemStyle: { borderRadius: lying ? [0, 3, 3, 0] : [3, 3, 0, 0] },
      symbolSize: 6, showSymbol: rows.length <= 31, connectNulls: true, triggerLineEvent: true,
      areaStyle: kind === "line" && unit === "count" ? { color: c.soft } : undefined,
    }],
  };
}

// Draw into an element that carries `data-chart`; a click leads to the tickets behind a mark.
export function showChart(element) {
  const data = JSON.parse(element.dataset.chart);
  forgetGone();
  const chart = echarts.init(element, null, { renderer: "canvas" });
  const size = parseFloat(getComputedStyle(element).fontSize);
  const draw = () => chart.setOption(option(data, element.clientWidth, size), true);
  const { ordered } = ordering(data);
  draw();
  chart.on("click", ({ dataIndex }) => { if (ordered[dataIndex]?.href) location.assign(ordered[dataIndex].href); });
  const resized = new ResizeObserver(() => { if (element.isConnected) { chart.resize(); draw(); } });
  resized.observe(element);
  shown.add({ element, draw, end: () => { resized.disconnect(); chart.dispose(); } });
  element.dataset.ready = "";
}

// Charts of a page that was left, or of a part that was read again.
function forgetGone() {
  for (const one of shown) {
    if (one.element.isConnected) continue;
    one.end();
    shown.delete(one);
  }
}

// A theme was chosen.
new MutationObserver(() => {
  forgetGone();
  shown.forEach((one) => one.draw());
}).observe(document.documentElement, { attributes: true, attributeFilter: ["data-bs-theme"] });
