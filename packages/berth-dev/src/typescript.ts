// Has this process load TypeScript: migrations and seeds are run as they are written.
import { register } from "ts-node";

/** Types are checked by `npm run typecheck`. */
export const loadTypeScript = (): void => void register({ transpileOnly: true });
