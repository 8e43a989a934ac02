// `naruko ARGS` from its sources, as a process that can be killed.
import { main } from "naruko/main";

process.exitCode = await main(process.argv.slice(2));
