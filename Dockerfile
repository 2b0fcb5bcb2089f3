# The server as an image, for amd64 and arm64: the compiled package and its production packages in /app, an ordinary user, nothing
# to write but /data. What is mounted at /app/tools and /app/docs is served beside what comes with the server.
FROM node:24-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
# With the packages that npm leaves out unless they are asked for, in the versions of the lock file.
RUN npm ci --omit=dev && npm install --no-save --save-prod --omit=dev libpg-query prom-client quicktype-core
# The compiler, of the version in package.json, where it is not copied on.
RUN npm install --prefix packaging --no-save typescript@6.0.3
COPY . .
RUN node packaging/build.ts

FROM node:24-slim
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=8080 \
    DATA_DIR=/data \
    DOCS_DIR=/app/docs
WORKDIR /app
# A new named volume at /data takes this owner over.
RUN mkdir /data && chown node:node /data
# All of /app stays root's: the server cannot change its own code. It is laid out as npm installs the package, so that a tool in
# /app/tools imports from '@mcp-oauth-server/server'.
COPY --from=build /build/node_modules ./node_modules
COPY --from=build /build/package.json ./node_modules/@mcp-oauth-server/server/package.json
COPY --from=build /build/bin ./node_modules/@mcp-oauth-server/server/bin
COPY --from=build /build/dist ./node_modules/@mcp-oauth-server/server/dist
COPY docs ./docs
# access.json, if there is one: who may use what. The schema is always there.
COPY access*.json ./
RUN echo '{ "private": true, "type": "module" }' > package.json
# The operator's commands: docker exec … mcp-oauth-server users list
RUN ln -s /app/node_modules/@mcp-oauth-server/server/bin/mcp-oauth-server.js /usr/local/bin/mcp-oauth-server
USER node
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
# Ready, not only alive: storage answers too.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/health/ready').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# No shell in between: the signal reaches the server itself.
# As `npm start`: less memory, and a faster start.
CMD ["node", "--max-semi-space-size=4", "node_modules/@mcp-oauth-server/server/bin/mcp-oauth-server.js", "start"]
