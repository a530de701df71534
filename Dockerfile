FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY packages packages
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY src src
RUN npm run build && npm prune --omit=dev

FROM node:24-slim
WORKDIR /app
COPY package.json ./
# What node_modules/berth links to.
COPY --from=build /app/packages packages
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
# The user node, as a number: Kubernetes' runAsNonRoot cannot verify a name.
USER 1000
# The image has no curl, so Node asks. Run a process without a port, such as a worker, with --no-healthcheck.
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 5000}/livez`).then((res) => process.exit(res.ok ? 0 : 1), () => process.exit(1))"]
# Node itself is process 1, so that it receives the platform's SIGTERM.
CMD ["node", "dist/server.js"]
