# The server as an image: Node 24, production packages only, an ordinary user, nothing to write but /data. No build step: Node runs the TypeScript as it is.
FROM node:24-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# With the packages that npm leaves out unless they are asked for, in the versions of the lock file.
RUN npm ci --omit=dev && npm install --no-save --save-prod --omit=dev libpg-query prom-client quicktype-core

FROM node:24-slim
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=8080 \
    DATA_DIR=/data \
    DOCS_DIR=/app/docs
WORKDIR /app
# A new named volume at /data takes this owner over.
RUN mkdir /data && chown node:node /data
# All of /app stays root's: the server cannot change its own code.
COPY --from=packages /app/node_modules ./node_modules
# What .dockerignore lets through: the source, the views and the default documents.
COPY . .
USER node
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
# Ready, not only alive: storage answers too.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/health/ready').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# No shell in between: the signal reaches the server itself.
CMD ["node", "--disable-sigusr1", "server.ts"]
