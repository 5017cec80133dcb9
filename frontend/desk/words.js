// The texts that scripts speak, translated by the server: <script type="application/json" id="ld-words">.
export function words() {
  const source = document.getElementById("ld-words");
  return source ? JSON.parse(source.textContent) : {};
}

// fill("{n} min ago", {n: 5}) -> "5 min ago"
export function fill(pattern, values) {
  return pattern.replace(/\{(\w+)\}/g, (_all, name) => values[name]);
}
