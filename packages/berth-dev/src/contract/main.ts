// `berth contract`: runs the contract kit, by default on the service in the working directory.
import { runContract } from "port-contract";
import { prepareOwnService } from "./own-service";

void runContract(process.argv.slice(2), prepareOwnService).then((code) => process.exit(code));
