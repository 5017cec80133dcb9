// The designer's REST calls. A refusal is a Problem with words; a lost line is Unreachable.
import { both, t } from "./texts.js";

let base = "/api/v1/designer";
let token = "";

export function useApi(address, csrf) {
  base = address;
  token = csrf;
}

export class Problem extends Error {
  constructor(status, body) {
    super(both(body?.words) || body?.detail || body?.message || body?.title || t("The server answered {status}.", { status }));
    this.status = status;
    this.body = body ?? {};
  }
}

export class Unreachable extends Error {}
export const unreachable = () => new Unreachable(t("The server cannot be reached."));

async function ask(method, where, body) {
  const headers = { Accept: "application/json", "X-CSRFToken": token };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  try {
    return await fetch(where, { method, headers, credentials: "same-origin", body: body === undefined ? undefined : JSON.stringify(body) });
  } catch (error) {
    if (error instanceof TypeError) throw unreachable();
    throw error;
  }
}

// Where the designer's API has something.
export const address = (path) => base + path;

// call("PUT", "/files/7/draft", {...}) -> the answer's JSON (text for other types). Addresses from "/" are the designer's.
export async function call(method, path, body) {
  const response = await ask(method, path.startsWith("//") ? path.slice(1) : address(path), body);
  const json = (response.headers.get("Content-Type") ?? "").includes("json");
  const said = response.status === 204 ? null : json ? await response.json() : await response.text();
  if (response.redirected && response.url.includes("/login")) throw new Problem(401, { detail: t("You are signed out. Sign in again in another tab; your work is kept here.") });
  if (!response.ok) throw new Problem(response.status, json ? said : null);
  return said;
}
