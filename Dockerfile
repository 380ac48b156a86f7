# Builds with: docker build --tag orphan-sweeper:0.1.0 .
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY tsconfig.json ./
COPY server ./server
COPY web ./web
RUN npm run build
# What the demo needs beside the program: the embedded PostgreSQL, which is optional.
RUN npm prune --omit=dev

FROM build AS lean
RUN npm prune --omit=dev --omit=optional

FROM node:24-bookworm-slim AS runtime
# In a container only the container itself reaches loopback. Who else may reach it is said where it is published, and
# nothing is served to them until ALLOW_ANONYMOUS says so, too.
ENV NODE_ENV=production HOST=0.0.0.0
WORKDIR /app
COPY package.json LICENSE ./
COPY --from=build /app/dist ./dist
USER node
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 8080}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]

# docker build --target demo --tag orphan-sweeper-demo:0.1.0 .
FROM runtime AS demo
COPY --from=build /app/node_modules ./node_modules
CMD ["node", "dist/server/main.js", "demo"]

# Last, so that it is what is built unless told. Without an embedded PostgreSQL: a memory inside a container would be gone
# with it, so DATABASE_URL has to be set.
FROM runtime AS server
COPY --from=lean /app/node_modules ./node_modules
CMD ["node", "dist/server/main.js"]
