// The report as JUnit XML.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { validateXML } from "xmllint-wasm";
import { fail, type Level, type Outcome, pass, skip } from "../src/clause";
import { commandFrom } from "../src/command";
import { asJunit, type TimedResult } from "../src/junit";
import { parseOptions } from "../src/options";

const schema = readFileSync(join(__dirname, "junit.xsd"), "utf8");

function result(id: string, level: Level, outcome: Outcome): TimedResult {
  const words = {
    title: "keeps <it>",
    demandedBy: "all",
    breaksOn: "a & b",
    fix: "do",
    procedure: "",
  };
  const check = () => Promise.resolve(outcome);
  return { clause: { id, level, ...words, check }, level, outcome, ms: 1500 };
}

const settings = { ...parseOptions([]).about, command: commandFrom(['exec app "$PORT" <&0']) };

/** The document, once it is valid. */
async function junit(...results: TimedResult[]): Promise<string> {
  const text = asJunit(results, settings);
  const { errors } = await validateXML({ xml: { fileName: "report.xml", contents: text }, schema });
  expect(errors).toEqual([]);
  return text;
}

describe("asJunit()", () => {
  it("has a failed test for a MUST that failed, and skipped ones for a weaker clause and a skip", async () => {
    const text = await junit(
      result("B1", "MUST", pass("open")),
      result("B4", "MUST", fail("serves")),
      result("S2", "SHOULD", fail("exited")),
      result("R1", "MUST", skip("needs --upstream-env")),
    );
    expect(text).toContain('tests="4" failures="1" errors="0" time="6.000" skipped="2"');
    expect(text).toContain('name="exec app &quot;$PORT&quot; &lt;&amp;0"');
    const cases = text.split("\n").filter((line) => line.startsWith("<testcase"));
    expect(cases).toEqual([
      '<testcase classname="port-contract.MUST" name="B1 keeps &lt;it&gt;" time="1.500"><system-out>open</system-out></testcase>',
      '<testcase classname="port-contract.MUST" name="B4 keeps &lt;it&gt;" time="1.500"><failure type="MUST" message="serves">B4 MUST keeps &lt;it&gt;',
      '<testcase classname="port-contract.SHOULD" name="S2 keeps &lt;it&gt;" time="1.500"><skipped message="SHOULD failed: exited">S2 SHOULD keeps &lt;it&gt;',
      '<testcase classname="port-contract.MUST" name="R1 keeps &lt;it&gt;" time="1.500"><skipped message="needs --upstream-env"/></testcase>',
    ]);
  });

  it("shows what XML cannot contain, and keeps line breaks in attributes", async () => {
    const output = "\u001b[31mred\u0000\u0008\uffff\ud800]]>\r\n\tend";
    const text = await junit(result("B4", "MUST", fail(output)));
    expect(text).toContain(
      'message="\\u001b[31mred\\u0000\\u0008\\uffff\ufffd]]&gt;&#13;&#10;&#9;end"',
    );
  });
});
