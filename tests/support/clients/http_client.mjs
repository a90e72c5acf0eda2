// Node's clients of HTTP/1.1 and HTTP/2, told what to do by their arguments: URL CA-FILE h1|h2 ACTION [ARGUMENT].
// Says what came of it as one line of JSON. Each action uses one connection.

import { createHash } from "node:crypto";
import { createReadStream, readFileSync } from "node:fs";
import http from "node:http";
import http2 from "node:http2";
import https from "node:https";

const [base, caFile, protocol, action, argument] = process.argv.slice(2);
const ca = readFileSync(caFile);

function overHttp1() {
  const library = base.startsWith("https:") ? https : http;
  const agent = new library.Agent({ keepAlive: true, maxSockets: 1, ca });
  return {
    begin(method, path, headers, answered, failed) {
      const request = library.request(base + path, { method, headers, agent });
      request.on("error", failed);
      request.on("response", (response) => answered(response.statusCode, response.headers, response,
        () => (response.complete ? response.trailers : null)));
      return request;
    },
    end: () => agent.destroy(),
  };
}

function overHttp2() {
  const session = http2.connect(base, { ca, settings: { enablePush: false, initialWindowSize: 1 << 20 } });
  return {
    begin(method, path, headers, answered, failed) {
      const stream = session.request({ ":method": method, ":path": path, ...headers },
        { endStream: method === "GET" });
      let trailers = {};
      stream.on("error", failed);
      stream.on("trailers", (fields) => { trailers = fields; });
      stream.on("response", (fields) => answered(fields[":status"], fields, stream,
        () => (stream.rstCode === 0 ? trailers : null)));
      return stream;
    },
    settings: () => new Promise((done) => session.once("remoteSettings", done)),
    end: () => session.close(),
  };
}

const client = protocol === "h2" ? overHttp2() : overHttp1();

// The whole answer, its body as size and sum, and as text if it is short.
function ask(method, path, headers = {}, body = null) {
  return new Promise((done, failed) => {
    const request = client.begin(method, path, headers, (status, fields, stream, endOf) => {
      const sum = createHash("sha256");
      let bytes = 0;
      let text = "";
      stream.on("error", failed);
      stream.on("data", (piece) => {
        sum.update(piece);
        bytes += piece.length;
        if (bytes < 100000) text += piece;
      });
      stream.on("end", () => setImmediate(() => {
        const trailers = endOf();
        if (trailers === null) return failed(new Error("the response broke off"));
        return done({ status, fields, trailers, bytes, sha256: sum.digest("hex"), text });
      }));
    }, failed);
    if (body) body.pipe(request);
    else request.end();
  });
}

const actions = {
  get: () => ask("GET", argument),
  upload: () => ask("POST", "/_sim/upload", {}, createReadStream(argument)),
  many: async () => {
    const asked = Array.from({ length: Number(argument) }, (_, number) => ask("GET", `/_sim/echo/${number}`));
    const answers = await Promise.all(asked);
    return { right: answers.filter((each, number) => JSON.parse(each.text).target === `/_sim/echo/${number}`).length };
  },
  broken: async () => {
    try {
      await ask("GET", "/_sim/break?after=3000000&chunked=1");
      return { seen: false };
    } catch (error) {
      return { seen: true, error: String(error) };
    }
  },
};

try {
  console.log(JSON.stringify(await actions[action]()));
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
client.end();
