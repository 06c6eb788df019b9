# syntax=docker/dockerfile:1
# One image for every process of Parley: gateway (the default command), worker, simulator and migrations. They are built
# from the same libraries, so one image means one build, one tag to roll out and no two versions side by side; the
# command chooses the process (docker-compose.yml, k8s/base).
#
# Debian, not Alpine: the lock file carries binaries for glibc. The tag is exact; to pin the bytes as well, append the
# digest that `docker buildx imagetools inspect node:24.21.0-bookworm-slim` prints.
FROM node:24.21.0-bookworm-slim AS base
WORKDIR /app

FROM base AS build
# Manifests first: the layer with the packages is then rebuilt only when one of them changes.
COPY package.json package-lock.json .npmrc ./
COPY apps/gateway/package.json apps/gateway/
COPY apps/simulator/package.json apps/simulator/
COPY apps/worker/package.json apps/worker/
COPY libs/contracts/package.json libs/contracts/
COPY libs/dialects/package.json libs/dialects/
COPY libs/inference/package.json libs/inference/
COPY libs/persistence/package.json libs/persistence/
COPY libs/providers/package.json libs/providers/
# Optional packages are needed here: TypeScript's compiler is one. Install scripts are not: nothing below runs what they build.
RUN --mount=type=cache,target=/npm-cache npm ci --ignore-scripts --cache /npm-cache
COPY . .
RUN npm run build
# At run time the optional packages are only weight: a second Node, an embedded Postgres, development tools.
RUN npm prune --omit=dev --omit=optional --ignore-scripts \
  && find apps libs -type d -name src -prune -exec rm -rf {} +

FROM base AS runtime
ARG VERSION=0.1.0
ARG COMMIT=unknown
LABEL org.opencontainers.image.title="Parley" \
  org.opencontainers.image.description="One API for every LLM provider, live or in batch" \
  org.opencontainers.image.licenses="MIT" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${COMMIT}"
# A container's loopback is its own: listening there would reach nobody.
ENV NODE_ENV=production \
  NODE_OPTIONS=--enable-source-maps \
  HOST=0.0.0.0 \
  SPOOL_DIR=/var/lib/parley/spool
# The one writable place, owned by the user so that a fresh volume mounted over it is too. The rest may be read-only.
RUN install -d -o node -g node /var/lib/parley/spool
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/libs ./libs
COPY --from=build /app/apps ./apps
COPY --from=build /app/tools/healthcheck.mjs ./tools/
# By number: Kubernetes can prove that a number is not root, but not a name.
USER 1000:1000
EXPOSE 4000 9464
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["node", "tools/healthcheck.mjs", "http://127.0.0.1:4000/health/live"]
CMD ["node", "apps/gateway/dist/main.js"]
