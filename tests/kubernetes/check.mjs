// Reads a list of manifests as JSON from stdin, and holds each against the schema of its kind, which comes from Kubernetes' own
// OpenAPI document. Prints a list of what is wrong. The schemas let unknown fields pass, which a cluster would refuse or, worse,
// forget; so each manifest watches which of its fields the schema asks for, and names the others.
import {readFileSync} from "node:fs";

const MODULES = {
  "v1": "kubernetes-models/v1",
  "apps/v1": "kubernetes-models/apps/v1",
  "policy/v1": "kubernetes-models/policy/v1",
  "monitoring.coreos.com/v1": "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1",
};

function watched(value, path, unread) {
  if (value === null || typeof value !== "object") return value;
  const inner = Array.isArray(value) ? [] : {};
  for (const [key, each] of Object.entries(value)) {
    const here = Array.isArray(value) ? `${path}[${key}]` : `${path}.${key}`;
    inner[key] = watched(each, here, unread);
    if (!Array.isArray(value)) unread.add(here);
  }
  if (Array.isArray(value)) return inner;
  return new Proxy(inner, {
    get(target, key) {
      unread.delete(`${path}.${String(key)}`);
      return target[key];
    },
  });
}

const complaints = [];
for (const manifest of JSON.parse(readFileSync(0, "utf8"))) {
  const name = `${manifest.kind}/${manifest.metadata?.name}`;
  const module = MODULES[manifest.apiVersion];
  const model = module && (await import(module))[manifest.kind];
  if (!model) {
    complaints.push(`${name}: no schema for ${manifest.apiVersion} ${manifest.kind}`);
    continue;
  }
  const unread = new Set();
  try {
    model.prototype.validate.call(watched(manifest, "", unread));
  } catch (error) {
    complaints.push(`${name}: ${error.message}`);
  }
  for (const path of unread) complaints.push(`${name}: unknown field ${path.slice(1)}`);
}
console.log(JSON.stringify(complaints));
