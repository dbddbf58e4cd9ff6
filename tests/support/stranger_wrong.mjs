// A stranger who does what docs/wire.md forbids, once each, and shows what the portal answers.
//
//   node stranger_wrong.mjs PORTAL_URL CLAIM_CODE
//
// Prints one line of JSON: {name of the fault: {"status", "body"}}. Exit code 1 only when something right was refused.

import crypto from "node:crypto";
import zlib from "node:zlib";
import * as stranger from "./stranger.mjs";

const hex = (bytes) => crypto.randomBytes(bytes).toString("hex");

/** Faults of an enrolment: what is changed in its header or payload, with the true claim unless said otherwise. */
const enrolFaults = (sender, other) => ({
  "enrol: wrong secret": { payload: { secret: hex(8) } },
  "enrol: no such claim": { payload: { claim_id: hex(3) } },
  "enrol: one more header member": { header: { jku: "https://example.invalid/" } },
  "enrol: another key in the header": { header: { jwk: other.jwk } },
  "enrol: one more member in the jwk": { header: { jwk: { ...sender.jwk, use: "sig" } } },
  "enrol: EdDSA": { header: { alg: "EdDSA" } },
  "enrol: nonce in capitals": { payload: { nonce: "A".repeat(32) } },
  "enrol: a name that is not listed": { payload: { owner: "anna" } },
});

const flip = (token, part) => {
  const parts = token.split(".");
  const bytes = Buffer.from(parts[part], "base64url");
  bytes[bytes.length >> 1] ^= 1;
  parts[part] = bytes.toString("base64url");
  return parts.join(".");
};
const replace = (from, to) => ({
  text: (json) => {
    stranger.must(json.includes(from), `the batch does not hold ${from}`);
    return json.replace(from, to);
  },
});
const inJob = (members) => replace('"copies":3', `"copies":3,${members}`);

/** Faults of a push. seal: JOSE headers; token: the envelope; text: the JSON; edit: the batch; by, path: who. */
const pushFaults = (sender, other) => ({
  "push: JWS with one more header member": { seal: { jws: { jku: "https://example.invalid/" } } },
  "push: JWS with EdDSA": { seal: { jws: { alg: "EdDSA" } } },
  "push: JWS with another kid": { seal: { jws: { kid: other.kid } } },
  "push: JWS of another key": { by: { ...other, kid: sender.kid } },
  "push: JWE with zip": { seal: { jwe: { zip: "DEF" } } },
  "push: JWE with apu": { seal: { jwe: { apu: "AA" } } },
  "push: zlib wrapper": { seal: { deflate: zlib.deflateSync } },
  "push: a byte after the deflated ones": { seal: { deflate: (b) => Buffer.concat([zlib.deflateRawSync(b), Buffer.from("x")]) } },
  "push: more than 16 MiB inflated": { text: (json) => json + " ".repeat(16 * 1024 * 1024) },
  "push: tampered ciphertext": { token: (token) => flip(token, 3) },
  "push: tampered content key": { token: (token) => flip(token, 1) },
  "push: a newline at the end": { token: (token) => `${token}\n` },
  "push: not an envelope": { token: () => "hello" },

  "push: unknown name in the path": { path: other.kid },
  "push: another sender in the batch": { edit: (batch) => ({ ...batch, sender: other.kid }) },
  "push: an unknown portal key": { seal: { jwe: { kid: other.kid } } },
  "push: more than 1 MiB": { token: () => "a".repeat(1024 * 1024 + 1) },
  "push: other bytes under a used number": { sequence: 1 },

  "push: job with user": inJob('"user":"anna"'),
  "push: job with an unlisted name": inJob('"colour":"red"'),
  "push: NaN": replace('"copies":3', '"copies":NaN'),
  "push: a key twice": inJob('"copies":3'),
  "push: a decimal": replace('"copies":3', '"copies":3.0'),
  "push: half a surrogate pair": replace('"plain"', '"\\ud800"'),
  "push: half a surrogate pair in a key": inJob('"\\ud800":3'),
  "push: half a surrogate pair in a key under x-": inJob('"x-a":{"\\ud800":1}'),
  "push: 17 digits under x-": inJob('"x-a":{"weight":10000000000000000}'),
  "push: 17 steps deep": inJob(`"x-deep":${"[".repeat(13)}${"]".repeat(13)}`),
  "push: byte order mark": { text: (json) => `\ufeff${json}` },
  "push: schema 2": { edit: (batch) => ({ ...batch, v: 2 }) },
  "push: time with an offset": { edit: (batch) => ({ ...batch, created_at: "2026-11-22T01:00:00+01:00" }) },

  "right: x- name": inJob('"x-mine":{"weight":1.5}'),
  "right: 16 steps deep": inJob(`"x-deep":${"[".repeat(12)}${"]".repeat(12)}`),
  "right: nothing to report": { edit: (batch) => ({ ...batch, reports: [] }) },
  "right: a number far ahead": { sequence: 9007199254740991 },
  "right: the number of a refused batch": { sequence: 2 },
});

const rekeyBody = (old, next, payload = old.kid) => {
  const typ = "inkwire-rekey+jws";
  const inner = stranger.sign({ alg: next.alg, kid: next.kid, typ, jwk: next.jwk }, payload, next.key);
  return stranger.sign({ alg: old.alg, kid: old.kid, typ }, inner, old.key);
};

/** Changes the key twice; only the second new one may stay, and the old one ends with its first batch. */
const changeKeys = async (portal, ca, portalJwk, old, keep) => {
  const rekey = (body) => stranger.request(`${portal}/v1/senders/${old.kid}/rekey`, ca.tls, "POST", body);
  const batch = (by, sequence) => stranger.formBatch(by, "c0de".repeat(8), sequence);
  const pushed = async (by, form) => {
    const bytes = Buffer.from(JSON.stringify(form));
    return stranger.pushTo(portal, ca, by.kid, stranger.seal(bytes, by, portalJwk));
  };
  const [first, second] = [stranger.makeSender("es256"), stranger.makeSender("ed25519")];
  keep("rekey: another kid in it", await rekey(rekeyBody(old, first, first.kid)));
  keep("rekey: to itself", await rekey(rekeyBody(old, old)));
  keep("right: rekey", await rekey(rekeyBody(old, first)));
  keep("right: rekey again", await rekey(rekeyBody(old, second)));
  keep("rekey: push by the one withdrawn", await pushed(first, batch(first, 1)));
  keep("rekey: new key, old name in the batch", await pushed(second, batch(old, 2)));
  keep("right: push by the old key meanwhile", await pushed(old, batch(old, 3)));
  keep("right: push by the new key", await pushed(second, batch(second, 4)));
  keep("rekey: push by the old key afterwards", await pushed(old, batch(old, 5)));
};

const main = async ([portal, code]) => {
  const seen = {};
  const keep = (name, answer) => {
    seen[name] = { status: answer.status, body: answer.text.startsWith("{") ? JSON.parse(answer.text) : answer.text };
    return answer;
  };
  const claim = stranger.readClaim(code);
  const ca = await stranger.fetchCa(portal, claim);
  const [sender, other] = [stranger.makeSender("ed25519"), stranger.makeSender("es256")];
  for (const [name, change] of Object.entries(enrolFaults(sender, other))) {
    const body = stranger.enrolment(claim, sender, hex(16), change);
    keep(name, await stranger.request(`${portal}/v1/enrol`, ca.tls, "POST", body));
  }
  const portalJwk = await stranger.enrol(portal, ca, claim, sender);
  const again = stranger.enrolment(claim, other, hex(16));
  keep("enrol: a used claim, another key", await stranger.request(`${portal}/v1/enrol`, ca.tls, "POST", again));
  keep("time: no nonce", await stranger.request(`${portal}/v1/time`, ca.tls));

  const stream = hex(16);
  await stranger.push(portal, ca, sender, portalJwk, stranger.formBatch(sender, stream, 1));
  let sequence = 1;
  for (const [name, fault] of Object.entries(pushFaults(sender, other))) {
    sequence += 1;
    const batch = stranger.formBatch(sender, stream, sequence);
    batch.sequence = fault.sequence ?? sequence;
    const json = JSON.stringify(fault.edit?.(batch) ?? batch);
    const bytes = Buffer.from(fault.text?.(json) ?? json);
    const token = stranger.seal(bytes, fault.by ?? sender, portalJwk, fault.seal);
    keep(name, await stranger.pushTo(portal, ca, fault.path ?? sender.kid, fault.token?.(token) ?? token));
  }
  const keys = seen["push: an unknown portal key"].body.keys;
  stranger.must(stranger.readKeys(keys, ca)[0].x === portalJwk.x, "the keys of the refusal are others");
  await changeKeys(portal, ca, portalJwk, sender, keep);
  return seen;
};

stranger.runProgram(main, import.meta.url);
