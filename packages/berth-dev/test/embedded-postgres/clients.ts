// Connections that end with the test.
import { Client } from "pg";

/** Returns a function that connects. To be called in `describe`. */
export function provideClients(url: () => string): () => Promise<Client> {
  let clients: Client[] = [];
  afterEach(async () => {
    await Promise.all(clients.map((client) => client.end()));
    clients = [];
  });
  return async () => {
    const client = new Client({ connectionString: url() });
    client.on("error", () => {});
    await client.connect();
    clients.push(client);
    return client;
  };
}
