/** The same gallery through PostgreSQL's wire protocol, over loopback, from PGlite in the place of a server. */
import { PGlite } from "@electric-sql/pglite";
import { vector } from "@electric-sql/pglite-pgvector";
import { PGLiteSocketServer } from "@electric-sql/pglite-socket";
import assert from "node:assert/strict";
import { Gallery } from "../../search/gallery.ts";
import { connectServer } from "../../search/server_database.ts";
import { checkGallery } from "./gallery_checks.ts";

Deno.test({ name: "A gallery on a server", sanitizeOps: false, sanitizeResources: false }, async (t) => {
  const postgres = await PGlite.create({ extensions: { vector } });
  const server = new PGLiteSocketServer({ db: postgres, host: "127.0.0.1", port: 0 });
  await server.start();
  const url = `postgres://postgres:secret@${server.getServerConn()}/postgres`;
  const database = await connectServer(url);
  assert.equal(database.location, `postgres://${server.getServerConn()}/postgres`);
  await checkGallery(t, () => database);

  await t.step("says so when the server has gone", async () => {
    await server.stop();
    await assert.rejects(
      Gallery.open(database),
      /server at postgres:\/\/127\.0\.0\.1:\d+\/postgres cannot be reached/,
    );
  });
  await database.close();
  await postgres.close();
});

Deno.test("A server that does not answer is given up, and passwords are not shown", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const silent = `127.0.0.1:${listener.addr.port}`;
  const told = async (url: string) => {
    const error = await connectServer(url, 1).then(() => assert.fail(), (error) => error as Error);
    assert.equal(error.name, "SearchError");
    assert.ok(!error.message.includes("secret"), error.message);
    return error.message;
  };
  assert.match(
    await told(`postgres://u:secret@${silent}/people`),
    new RegExp(`${silent}/people cannot be .*no answer`),
  );
  listener.close();
  assert.match(
    await told(`postgres://u:secret@${silent}/people`),
    /cannot be reached .*ECONNREFUSED.*Check that it runs/,
  );
  await assert.rejects(connectServer("postgres:"), {
    remedies: [{ kind: "change", settings: ["database"] }],
  });
  assert.match(await told("http://u:secret@host/people"), /URL of a database must be postgres:/);
  assert.match(await told("postgres://u:secret%@host:port/people"), /URL of a database must be postgres:/);
  assert.match(
    await told("postgres://u:secret@host/people?sslmode=maybe"),
    /URL of a database must be postgres:/,
  );
  assert.match(
    await told("postgres://u:secret%zz@127.0.0.1:1/people"),
    /URL of a database must be postgres:/,
  );
  assert.match(
    await told("postgres://127.0.0.1:1/people"),
    /URL of a database must be postgres:.* has no user\.$/,
  );
  assert.match(
    await told("postgres://u:secret@127.0.0.1:1"),
    /URL of a database must be .* has no database\.$/,
  );
  assert.match(
    await told("postgres:"),
    /URL of a database must be .* has no user and no host and no database\.$/,
  );
});
