"use strict";
// A query editor and a reading room for the schema. It asks the very address that it is served from.

const $ = (id) => document.getElementById(id);
const KEPT = "graphql-explorer";
const EXAMPLE = "# Ctrl+Enter runs the operation.\nquery Hello {\n  __typename\n}\n";
const SCHEMA = `{ __schema {
  queryType { name } mutationType { name }
  types { name kind description
    fields(includeDeprecated: true) { name description isDeprecated deprecationReason
      args { name description type { ...T } } type { ...T } }
    inputFields { name description type { ...T } }
    enumValues(includeDeprecated: true) { name description isDeprecated }
    possibleTypes { name } interfaces { name } } } }
fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }`;

const ask = async (body) => {
  const headers = { "content-type": "application/json" };
  if ($("token").value) headers.authorization = `Bearer ${$("token").value}`;
  const response = await fetch(location.pathname, { method: "POST", headers, body: JSON.stringify(body) });
  return response.json();
};

const run = async () => {
  const button = $("run");
  if (button.disabled) return;
  button.disabled = true;
  try {
    const variables = $("variables").value.trim() ? JSON.parse($("variables").value) : {};
    const started = performance.now();
    const answer = await ask({ query: $("query").value, variables });
    const took = Math.round(performance.now() - started);
    const errors = (answer.errors || []).length;
    $("facts").textContent = `${took} ms${errors ? `, ${errors} error${errors > 1 ? "s" : ""}` : ""}`;
    $("result").textContent = JSON.stringify(answer, null, 2);
  } catch (error) {
    $("facts").textContent = error.message;
  } finally {
    button.disabled = false;
  }
  localStorage.setItem(KEPT, JSON.stringify({ query: $("query").value, variables: $("variables").value }));
};

const make = (tag, text, className) => {
  const element = document.createElement(tag);
  if (text) element.textContent = text;
  if (className) element.className = className;
  return element;
};
const written = (type) =>
  type.kind === "NON_NULL" ? `${written(type.ofType)}!` : type.kind === "LIST" ? `[${written(type.ofType)}]` : type.name;
const named = (type) => (type.ofType ? named(type.ofType) : type.name);

let types = new Map();
let trail = [];

const link = (name, text) => {
  const button = make("button", text || name);
  button.type = "button";
  button.addEventListener("click", () => { trail.push(name); show(name); });
  return button;
};

const listed = (members, callable) => {
  const list = make("dl");
  for (const member of members) {
    const term = make("dt", "", member.isDeprecated ? "gone" : "");
    term.append(member.name);
    if (callable && member.args.length) {
      term.append("(");
      member.args.forEach((arg, index) => term.append(index ? ", " : "", `${arg.name}: `, link(named(arg.type), written(arg.type))));
      term.append(")");
    }
    if (member.type) term.append(": ", link(named(member.type), written(member.type)));
    list.append(term);
    const said = [member.description, member.deprecationReason && `Deprecated: ${member.deprecationReason}`];
    if (said.some(Boolean)) list.append(make("dd", said.filter(Boolean).join(" ")));
  }
  return list;
};

const show = (name) => {
  const type = types.get(name);
  if (!type) return;
  const docs = $("docs");
  docs.replaceChildren(make("h2", type.name), make("p", type.description || ""));
  if (type.fields) docs.append(listed(type.fields, true));
  if (type.inputFields) docs.append(listed(type.inputFields, false));
  if (type.enumValues) docs.append(listed(type.enumValues, false));
  for (const other of type.possibleTypes || []) docs.append(link(other.name), " ");
  docs.scrollTop = 0;
  const back = trail.slice(-4, -1).map((step) => link(step));
  $("trail").replaceChildren(...back.flatMap((step) => [step, " › "]), name);
};

const find = () => {
  const wanted = $("search").value.trim().toLowerCase();
  if (!wanted) { show(trail.at(-1)); return; }
  const found = [...types.values()].filter((type) => type.name.toLowerCase().includes(wanted)
    || (type.fields || []).some((field) => field.name.toLowerCase().includes(wanted))).slice(0, 60);
  $("docs").replaceChildren(...found.flatMap((type) => [link(type.name), make("br")]));
};

const start = async () => {
  const kept = JSON.parse(localStorage.getItem(KEPT) || "{}");
  $("query").value = kept.query || EXAMPLE;
  $("variables").value = kept.variables || "";
  $("run").addEventListener("click", run);
  $("search").addEventListener("input", find);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); run(); }
  });
  $("query").addEventListener("keydown", (event) => {
    if (event.key !== "Tab" || event.shiftKey) return;
    event.preventDefault();
    event.target.setRangeText("  ", event.target.selectionStart, event.target.selectionEnd, "end");
  });
  const { data } = await ask({ query: SCHEMA });
  types = new Map(data.__schema.types.map((type) => [type.name, type]));
  trail = [data.__schema.queryType.name];
  show(trail[0]);
};

start();
