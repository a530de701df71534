// The checks of `berth doctor`. This file loads none of them.
import type { Checks } from "./check";

export const CHECKS: Checks = {
  packages: async () => (await import("./checks/packages.js")).checkPackages,
  copies: async () => (await import("./checks/copies.js")).checkCopies,
  vendor: async () => (await import("./checks/vendor.js")).checkVendor,
  template: async () => (await import("./checks/template.js")).checkTemplate,
  node: async () => (await import("./checks/node.js")).checkNode,
  npm: async () => (await import("./checks/npm.js")).checkNpm,
  ports: async () => (await import("./checks/ports.js")).checkPorts,
  "env-file": async () => (await import("./checks/env-file.js")).checkEnvFile,
  variables: async () => (await import("./checks/variables.js")).checkVariables,
  data: async () => (await import("./checks/data.js")).checkData,
  servers: async () => (await import("./checks/servers.js")).checkServers,
  migrations: async () => (await import("./checks/migrations.js")).checkMigrations,
  clock: async () => (await import("./checks/clock.js")).checkClock,
  advisories: async () => (await import("./checks/advisories.js")).checkAdvisories,
  network: async () => (await import("./checks/network.js")).checkNetwork,
  watches: async () => (await import("./checks/watches.js")).checkWatches,
  disk: async () => (await import("./checks/disk.js")).checkDisk,
};
