// The commands that upgrade the service's packages.
import { runCommand } from "../scaffold/command";
import { applyUpgrade } from "./apply";
import { eject } from "./eject";
import { upgrade } from "./main";

export const runUpgrade = (): void => runCommand("upgrade", upgrade);
export const runApplyUpgrade = (): void => runCommand("upgrade", applyUpgrade);
export const runEject = (): void => runCommand("eject", eject);
