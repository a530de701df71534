// The jobs of the experiment.
import { number, object } from "valibot";
import { describeJob } from "berth/jobs";

const payload = object({ n: number() });

/** Has its effect in the transaction that completes it. */
export const once = describeJob({ name: "once", payload });

/** Has its effect, and is completed afterwards. */
export const plain = describeJob({ name: "plain", payload });

/** Takes longer than a worker may drain. */
export const long = describeJob({ name: "long", payload });
