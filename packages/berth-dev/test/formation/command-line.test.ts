// What the command line and the Procfile do not allow together; berth dev prints the message, and exits with 1.
import { readOptions } from "../../src/formation/options";
import { planFormation } from "../../src/formation/plan";
import { parseProcfile } from "../../src/formation/procfile";

const procfile = parseProcfile("web: a\ndb: b", "Procfile");

describe("the command line of berth dev", () => {
  it.each([
    [["-m", "wbe=1"], /-m names "wbe"/],
    [["-p", "http"], /^-p must be a whole number/],
    [["restrat"], /^"restrat" is neither the command restart nor a type in the Procfile: web, db$/],
    [["restart", "-m", "web=2"], "the command restart takes only -p, not -m"],
    [["restart", "-p", "http"], /^-p must be a whole number/],
    [["--router", "abc"], '--router must be a whole number from 1 to 65535, not "abc"'],
    [["--router", "0"], '--router must be a whole number from 1 to 65535, not "0"'],
    [["--router", "70000"], '--router must be a whole number from 1 to 65535, not "70000"'],
    [["--router", "1", "-p", "1"], "--router 1 is the port of web.1: choose another one"],
    [["--host", "a=web"], "--host needs a router: add --router PORT"],
    [["--router", "1", "--host", "a=b"], '--host names "b", but the Procfile has only web, db'],
    [
      ["--router", "1", "--host", "a"],
      '--host takes NAME=TYPE, such as app.localhost=web, not "a"',
    ],
    [
      ["--router", "1", "--host", "a:1=web"],
      '--host takes NAME=TYPE, such as app.localhost=web, not "a:1=web"',
    ],
    [["--router", "1", "--host", "a=web", "--host", "A=db"], "--host names a twice: remove one"],
    [
      ["--router", "1", "-m", "web=0"],
      "--router routes to web, but -m starts no instance of it: raise its count",
    ],
  ])("rejects %j with one line", (args, message) => {
    const plan = () => planFormation(procfile, { ...readOptions(args), id: "a" }, {}, {});
    expect(plan).toThrow(typeof message === "string" ? new Error(message) : message);
  });
});
