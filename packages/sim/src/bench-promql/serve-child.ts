// A process of its own: holds the samples and answers queries, until it is told to stop.
import { serveSeries } from "../serve-series.ts";
import { filledStore } from "./dataset.ts";

const server = await serveSeries();
server.use(filledStore().snapshot());
process.on("SIGTERM", () => {
  void server.close();
});
process.stdout.write(`${server.url}\n`);
