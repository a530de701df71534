"use strict";
// Unused routes, registered before the measured ones, as in a large service.

const ROUTES_PER_FEATURE = 10;

const FEATURE = [
  ["get", "/"],
  ["post", "/"],
  ["get", "/:id"],
  ["put", "/:id"],
  ["delete", "/:id"],
  ["get", "/:id/parts"],
  ["post", "/:id/parts"],
  ["get", "/:id/parts/:partId"],
  ["put", "/:id/parts/:partId"],
  ["delete", "/:id/parts/:partId"],
];

/**
 * Returns features of ten routes each, as `{ mount, routes: [method, path][] }`.
 * @param env `BENCH_ROUTES` is the number of routes; `BENCH_FLAT` puts all of them into one router.
 */
function fillerFeatures(env) {
  const count = Math.floor(Number(env.BENCH_ROUTES ?? 0) / ROUTES_PER_FEATURE);
  const features = Array.from({ length: count }, (_, i) => ({
    mount: `/feature-${i}`,
    routes: FEATURE,
  }));
  if (!env.BENCH_FLAT) return features;
  const routes = features.flatMap(({ mount }) =>
    FEATURE.map(([method, path]) => [method, mount + path]),
  );
  return [{ mount: "/", routes }];
}

module.exports = { fillerFeatures };
