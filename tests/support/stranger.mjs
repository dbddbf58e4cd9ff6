// A sender by a stranger: written from docs/wire.md alone, with Node's standard library alone.
// It proves that the document is enough; so mend the document first, and this program after it.
//
//   node stranger.mjs PORTAL_URL CLAIM_CODE [--alg ed25519|es256]   enrols and pushes
//   node stranger.mjs --golden DIR                                  opens the golden files
//
// Prints one line of JSON. Exit code 0: all was as the document says. 1: it was not, and stderr says what.
// stranger_wrong.mjs does what the document forbids, and shows the portal's answers.

import crypto from "node:crypto";
import fs from "node:fs";
import https from "node:https";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { isDeepStrictEqual } from "node:util";
import zlib from "node:zlib";

const must = (truth, complaint) => {
  if (!truth) throw new Error(complaint);
};
const sha256 = (bytes) => crypto.createHash("sha256").update(bytes).digest();
const b64u = (bytes) => Buffer.from(bytes).toString("base64url");
const unb64u = (text) => {
  const bytes = Buffer.from(text, "base64url");
  must(b64u(bytes) === text, "base64url is padded or not canonical");
  return bytes;
};

// ---- Keys and names ------------------------------------------------------------------------------------------------

const ALGS = { ed25519: "Ed25519", es256: "ES256" };
const MEMBERS = { OKP: ["crv", "kty", "x"], EC: ["crv", "kty", "x", "y"] };
const publicJwk = (key) => {
  const jwk = (key.type === "private" ? crypto.createPublicKey(key) : key).export({ format: "jwk" });
  return JSON.parse(JSON.stringify(jwk, MEMBERS[jwk.kty])); // the members in the order in which they are hashed
};
const keyFrom = (jwk) => crypto.createPublicKey({ key: jwk, format: "jwk" });
const thumbprint = (jwk) => b64u(sha256(JSON.stringify(jwk, MEMBERS[jwk.kty])));

const senderOf = (alg, key) => ({ alg: ALGS[alg], key, jwk: publicJwk(key), kid: thumbprint(publicJwk(key)) });
const makeSender = (alg) => {
  const pair = alg === "es256" ? ["ec", { namedCurve: "P-256" }] : ["ed25519"];
  return senderOf(alg, crypto.generateKeyPairSync(...pair).privateKey);
};

// ---- JWS (RFC 7515), compact -----------------------------------------------------------------------------------------

const joseHash = { Ed25519: null, ES256: "sha256" };
const joseKey = (key) => ({ key, dsaEncoding: "ieee-p1363" });

const sign = (header, payload, key) => {
  const input = `${b64u(JSON.stringify(header))}.${b64u(payload)}`;
  return `${input}.${b64u(crypto.sign(joseHash[header.alg] ?? null, Buffer.from(input), joseKey(key)))}`;
};
const verify = (jws, header, key) => {
  const parts = jws.split(".");
  must(parts.length === 3, "a JWS has three parts");
  const said = JSON.parse(unb64u(parts[0]));
  must(isDeepStrictEqual(said, header), `the JWS header is ${JSON.stringify(said)}, not ${JSON.stringify(header)}`);
  const good = crypto.verify(joseHash[header.alg], Buffer.from(`${parts[0]}.${parts[1]}`), joseKey(key), unb64u(parts[2]));
  must(good, `the signature of ${header.typ} is wrong`);
  return unb64u(parts[1]);
};

// ---- Claim code ------------------------------------------------------------------------------------------------------

const LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

const crc32 = (bytes) => {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
};

const readClaim = (code) => {
  const text = code.toUpperCase().replace(/[\s-]/g, "").replace(/O/g, "0").replace(/[IL]/g, "1");
  must(text.length === 45, `a claim code has 45 letters, this one ${text.length}`);
  let bits = 0n;
  for (const letter of text) {
    must(LETTERS.includes(letter), `${letter} is no letter of a claim code`);
    bits = bits * 32n + BigInt(LETTERS.indexOf(letter));
  }
  must((bits & 1n) === 0n, "the last bit of a claim code is zero");
  const bytes = Buffer.from((bits >> 1n).toString(16).padStart(56, "0"), "hex");
  must(bytes[0] === 1, `this program knows claim codes of version 1, not ${bytes[0]}`);
  must(bytes[27] === (crc32(bytes.subarray(0, 27)) & 0xff), "the claim code has a typing error: its check is wrong");
  return { id: bytes.toString("hex", 1, 4), secret: bytes.toString("hex", 4, 12), caHash: bytes.subarray(12, 27) };
};

// ---- HTTPS -----------------------------------------------------------------------------------------------------------

const SUITES = [
  "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256",
  "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305",
].join(":");

const request = (url, tls, method = "GET", body = null) =>
  new Promise((resolve, reject) => {
    const jose = { "Content-Type": "application/jose", "Content-Length": Buffer.byteLength(body ?? "") };
    const headers = body === null ? {} : jose;
    const options = { method, headers, agent: false, minVersion: "TLSv1.2", ciphers: SUITES, timeout: 10_000, ...tls };
    const call = https.request(url, options, (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("end", () => {
        resolve({ status: response.statusCode, text: Buffer.concat(chunks).toString("utf8") });
      });
      response.on("error", reject);
    });
    call.on("timeout", () => call.destroy(new Error(`no answer from ${url} in 10 s`)));
    call.on("error", reject);
    call.end(body ?? undefined);
  });

const expect = (answer, status, what) => {
  must(answer.status === status, `${what}: expected ${status}, got ${answer.status} ${answer.text.slice(0, 300)}`);
  return answer;
};

// ---- Enrolment -------------------------------------------------------------------------------------------------------

/** The portal's CA, once its hash is the one in the claim code; nothing else is said on this connection. */
const fetchCa = async (portal, claim) => {
  const answer = expect(await request(`${portal}/v1/ca`, { rejectUnauthorized: false }), 200, "GET /v1/ca");
  const certificate = new crypto.X509Certificate(answer.text);
  const hash = sha256(certificate.raw).subarray(0, 15);
  must(hash.equals(claim.caHash), "the CA is not the one of the claim code: another portal, or somebody in between");
  return { tls: { ca: answer.text }, key: certificate.publicKey, kid: thumbprint(publicJwk(certificate.publicKey)) };
};

const readKeys = (jws, ca) => {
  const payload = JSON.parse(verify(jws, { alg: "ES256", kid: ca.kid, typ: "inkwire-keys+jws" }, ca.key));
  must(payload.keys.length >= 1 && payload.keys.length <= 8, "a key set has 1 to 8 keys");
  return payload.keys;
};
const readTime = (jws, nonce, ca) => {
  const payload = JSON.parse(verify(jws, { alg: "ES256", kid: ca.kid, typ: "inkwire-time+jws" }, ca.key));
  must(payload.nonce === nonce, "the signed time answers another nonce");
  return new Date(payload.time);
};

const serialOf = (sender) => `STRANGER-${sha256(sender.kid).toString("hex", 0, 4)}`; // a printer of its own each time
const enrolment = (claim, sender, nonce, change = {}) =>
  sign(
    { alg: sender.alg, kid: sender.kid, typ: "inkwire-enrol+jws", jwk: sender.jwk, ...change.header },
    JSON.stringify({
      v: 1,
      claim_id: claim.id,
      secret: claim.secret,
      kind: "direct",
      agent: "stranger 1.0",
      nonce,
      device: { manufacturer: "Stranger", model: "Stranger 1", serial: serialOf(sender) },
      ...change.payload,
    }),
    sender.key,
  );

const enrol = async (portal, ca, claim, sender) => {
  const nonce = crypto.randomBytes(16).toString("hex");
  const body = enrolment(claim, sender, nonce);
  const replies = [];
  for (let time = 0; time < 2; time += 1) {
    replies.push(JSON.parse(expect(await request(`${portal}/v1/enrol`, ca.tls, "POST", body), 200, "enrol").text));
  }
  for (const reply of replies) {
    must(reply.sender === sender.kid, "the portal gave another sender's name");
    readTime(reply.time, nonce, ca);
  }
  const sets = replies.map((reply) => readKeys(reply.keys, ca));
  must(isDeepStrictEqual(sets[0], sets[1]), "the same enrolment was answered with other keys");
  return sets[0][0];
};

// ---- Envelope --------------------------------------------------------------------------------------------------------

const WRAP_IV = Buffer.from("a6a6a6a6a6a6a6a6", "hex"); // RFC 3394, 2.2.3.1

/** Concat KDF of RFC 7518, 4.6.2, for ECDH-ES+A128KW: one round of SHA-256, the first 16 bytes of it. */
const wrappingKey = (shared) => {
  const length = (number) => Buffer.from([0, 0, 0, number]);
  const name = Buffer.from("ECDH-ES+A128KW");
  const round = [length(1), shared, length(name.length), name, length(0), length(0), length(128)];
  return sha256(Buffer.concat(round)).subarray(0, 16);
};
const contentTag = (macKey, aad, iv, ciphertext) => {
  const aadBits = Buffer.alloc(8);
  aadBits.writeBigUInt64BE(BigInt(aad.length) * 8n);
  const mac = crypto.createHmac("sha256", macKey).update(aad).update(iv).update(ciphertext).update(aadBits);
  return mac.digest().subarray(0, 16);
};

const encrypt = (jws, portalJwk, extra = {}) => {
  const { privateKey, publicKey } = crypto.generateKeyPairSync("ec", { namedCurve: "P-256" });
  const kek = wrappingKey(crypto.diffieHellman({ privateKey, publicKey: keyFrom(portalJwk) }));
  const { crv, kty, x, y } = publicKey.export({ format: "jwk" });
  const header = {
    alg: "ECDH-ES+A128KW",
    enc: "A128CBC-HS256",
    kid: thumbprint(portalJwk),
    typ: "inkwire-batch+jwe",
    epk: { kty, crv, x, y },
    ...extra,
  };
  const contentKey = crypto.randomBytes(32);
  const wrap = crypto.createCipheriv("id-aes128-wrap", kek, WRAP_IV);
  const wrapped = Buffer.concat([wrap.update(contentKey), wrap.final()]);
  const iv = crypto.randomBytes(16);
  const cipher = crypto.createCipheriv("aes-128-cbc", contentKey.subarray(16), iv);
  const ciphertext = Buffer.concat([cipher.update(jws), cipher.final()]);
  const protectedHeader = b64u(JSON.stringify(header));
  const tag = contentTag(contentKey.subarray(0, 16), Buffer.from(protectedHeader), iv, ciphertext);
  return [protectedHeader, ...[wrapped, iv, ciphertext, tag].map(b64u)].join(".");
};

const decrypt = (jwe, privateKey, kid) => {
  const parts = jwe.split(".");
  must(parts.length === 5, "a JWE has five parts");
  const { epk, ...header } = JSON.parse(unb64u(parts[0]));
  const expected = { alg: "ECDH-ES+A128KW", enc: "A128CBC-HS256", kid, typ: "inkwire-batch+jwe" };
  must(isDeepStrictEqual(header, expected), `the JWE header is ${JSON.stringify(header)}`);
  const [wrapped, iv, ciphertext, tag] = parts.slice(1).map(unb64u);
  const kek = wrappingKey(crypto.diffieHellman({ privateKey, publicKey: keyFrom(epk) }));
  const unwrap = crypto.createDecipheriv("id-aes128-wrap", kek, WRAP_IV);
  const contentKey = Buffer.concat([unwrap.update(wrapped), unwrap.final()]);
  const expectedTag = contentTag(contentKey.subarray(0, 16), Buffer.from(parts[0]), iv, ciphertext);
  must(tag.length === 16 && crypto.timingSafeEqual(tag, expectedTag), "the tag of the JWE is wrong");
  const decipher = crypto.createDecipheriv("aes-128-cbc", contentKey.subarray(16), iv);
  return Buffer.concat([decipher.update(ciphertext), decipher.final()]).toString("ascii");
};

const batchHeader = (sender) => ({ alg: sender.alg, kid: sender.kid, typ: "inkwire-batch+jws" });
const seal = (bytes, sender, portalJwk, change = {}) => {
  const deflated = (change.deflate ?? zlib.deflateRawSync)(bytes);
  return encrypt(sign({ ...batchHeader(sender), ...change.jws }, deflated, sender.key), portalJwk, change.jwe);
};

// ---- Batch -----------------------------------------------------------------------------------------------------------

const uuid7 = (at) => {
  const hex = at.toString(16).padStart(12, "0") + "7" + crypto.randomBytes(10).toString("hex").slice(1);
  const variant = "89ab"[parseInt(hex[16], 16) & 3];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
};

/** One printer, one job; total.impressions grows by 12 with each sequence, and each has a job of its own. */
const formBatch = (sender, stream, sequence) => {
  const now = Date.now();
  const at = (secondsAgo) => new Date(now - secondsAgo * 1000).toISOString();
  const meter = (name, unit, value, source) => ({ name, unit, value, source });
  return {
    v: 1,
    batch_id: uuid7(now),
    sender: sender.kid,
    stream,
    sequence,
    boot: 1,
    uptime_ms: 60_000 * sequence,
    created_at: at(0),
    clock: "synced",
    reason: sequence === 1 ? "boot" : "jobs",
    state: { jobs_refused: 0, batches_set_aside: 0, spooled: 0 },
    reports: [
      {
        observed_at: at(1),
        uptime_ms: 3_600_000,
        device: { manufacturer: "Stranger", model: "Stranger 1", serial: serialOf(sender) },
        config: { firmware: "1.0", color_capable: true, duplex_capable: true },
        status: { state: "idle", detected_errors: ["lowToner"], console_text: "Größe prüfen ✓" },
        meters: [
          meter("total.impressions", "impressions", 1000 + 12 * sequence, "1.3.6.1.2.1.43.10.2.1.4.1.1"),
          meter("total.impressions.color", "impressions", 400 + 12 * sequence, "firmware"),
          meter("print.area", "mm2", 9007199254740991, "firmware"),
        ],
        supplies: [
          { index: 1, kind: "toner", colorant: "black", unit: "percent", capacity: 100, level: 9, percent: 9, state: "low" },
        ],
        alerts: [
          { alert_id: "a-1", code: 1104, severity: "warning", group: "markerSupplies", location: 1, onset_at: at(30) },
        ],
        jobs: [
          {
            job_id: `job-${sequence}`,
            service: "print",
            submitted_at: at(20),
            started_at: at(15),
            completed_at: at(10),
            outcome: "completed",
            color_mode: "color",
            copies: 3,
            impressions: 12,
            sheets: 6,
            media: { type: "plain", width_mm: 210, length_mm: 297 },
            submitted_by: "network",
          },
        ],
      },
    ],
  };
};
const bytesOf = (batch) => Buffer.from(JSON.stringify(batch));

const pushTo = (portal, ca, kid, envelope) => request(`${portal}/v1/senders/${kid}/batches`, ca.tls, "POST", envelope);

/** The ack, once it is this batch's own: only now may the batch be deleted. */
const push = async (portal, ca, sender, portalJwk, batch) => {
  const bytes = bytesOf(batch);
  const envelope = seal(bytes, sender, portalJwk);
  const { ack } = JSON.parse(expect(await pushTo(portal, ca, sender.kid, envelope), 200, "push").text);
  const own = { stream: batch.stream, sequence: batch.sequence, sha256: sha256(bytes).toString("hex") };
  must(isDeepStrictEqual(ack, own), `the ack ${JSON.stringify(ack)} is not this batch's`);
  return ack;
};

// ---- The two programs ------------------------------------------------------------------------------------------------

const run = async (portal, code, alg) => {
  const claim = readClaim(code);
  const ca = await fetchCa(portal, claim);
  const sender = makeSender(alg);
  const portalJwk = await enrol(portal, ca, claim, sender);
  const served = readKeys(expect(await request(`${portal}/v1/keys`, ca.tls), 200, "GET /v1/keys").text, ca);
  must(isDeepStrictEqual(served[0], portalJwk), "GET /v1/keys prefers another key than the enrolment did");
  const nonce = crypto.randomBytes(16).toString("hex");
  const time = expect(await request(`${portal}/v1/time?nonce=${nonce}`, ca.tls), 200, "GET /v1/time").text;
  readTime(time, nonce, ca);

  const stream = crypto.randomBytes(16).toString("hex");
  const first = formBatch(sender, stream, 1);
  const acks = [await push(portal, ca, sender, portalJwk, first)];
  acks.push(await push(portal, ca, sender, portalJwk, first)); // as if the first answer had been lost
  must(isDeepStrictEqual(acks[0], acks[1]), "the same batch was answered otherwise the second time");
  acks.push(await push(portal, ca, sender, portalJwk, formBatch(sender, stream, 2)));
  return { sender: sender.kid, stream, acks, serial: first.reports[0].device.serial };
};

const p256FromScalar = (scalar) => {
  const curve = crypto.createECDH("prime256v1");
  curve.setPrivateKey(scalar);
  const point = curve.getPublicKey(); // 04 x y
  const [d, x, y] = [scalar, point.subarray(1, 33), point.subarray(33)].map(b64u);
  return crypto.createPrivateKey({ key: { kty: "EC", crv: "P-256", d, x, y }, format: "jwk" });
};
const ed25519FromSeed = (seed) => {
  const pkcs8 = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]); // RFC 8410, section 7
  return crypto.createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
};
const words = (text) => sha256(Buffer.from(text, "ascii"));

const golden = (folder) => {
  const read = (name) => fs.readFileSync(path.join(folder, name));
  const portalKey = p256FromScalar(words("inkwire golden portal"));
  const portalKid = thumbprint(publicJwk(portalKey));
  const make = { ed25519: ed25519FromSeed, es256: p256FromScalar };
  const opened = {};
  for (const alg of Object.keys(ALGS)) {
    const sender = senderOf(alg, make[alg](words(`inkwire golden sender ${alg}`)));
    const jws = decrypt(read(`batch-${alg}.jwe`).toString("ascii"), portalKey, portalKid);
    must(jws === read(`batch-${alg}.jws`).toString("ascii"), `batch-${alg}: the JWE holds another JWS than the file`);
    const deflated = verify(jws, batchHeader(sender), sender.key);
    const bytes = zlib.inflateRawSync(deflated);
    must(bytes.equals(read(`batch-${alg}.json`)), `batch-${alg}: the JSON differs`);
    must(JSON.parse(bytes).sender === sender.kid, `batch-${alg}: another sender is named in it`);
    if (alg === "ed25519") {
      must(sign(batchHeader(sender), deflated, sender.key) === jws, "signing again with Ed25519 gave another JWS");
    }
    opened[alg] = { sender: sender.kid, bytes: bytes.length };
  }
  return { portal: portalKid, opened };
};

const main = async (args) => {
  const usage = "usage: node stranger.mjs PORTAL_URL CLAIM_CODE [--alg ed25519|es256] | --golden DIR";
  if (args[0] === "--golden" && args.length === 2) return golden(args[1]);
  const alg = args[2] === "--alg" ? args[3] : "ed25519";
  must((args.length === 2 || args.length === 4) && alg in ALGS, usage);
  return run(args[0], args[1], alg);
};

export { enrol, enrolment, fetchCa, formBatch, makeSender, must, push, pushTo, readClaim, readKeys, request, seal, sign };

/** Runs a program, prints its one line of JSON, and exits 1 with one sentence when it throws. */
export const runProgram = (program, url) => {
  if (url !== pathToFileURL(process.argv[1]).href) return;
  program(process.argv.slice(2)).then(
    (seen) => console.log(JSON.stringify(seen)),
    (error) => {
      console.error(`stranger: ${error.message}`);
      process.exitCode = 1;
    },
  );
};
runProgram(main, import.meta.url);
