import { serviceUrl } from "../../src/client/url";
import { readEnvironment } from "../../src/process/environment";

describe("the URL of a service", () => {
  const variables = { STOCK_URL: serviceUrl({ about: "Where it is.", example: "http://stock" }) };

  it.each(["http://user:s3cret@stock", "http://stock?token=s3cret", "s3cret"])(
    "is refused without being quoted: %s",
    (STOCK_URL) => {
      const read = () => readEnvironment(variables, { STOCK_URL });
      expect(read).toThrow(/^STOCK_URL: /);
      expect(read).not.toThrow(/s3cret/);
    },
  );
});
