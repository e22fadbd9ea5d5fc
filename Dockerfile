# Builds the same executable as `npm run build`, for machines without Node; scripts/check-container-build.sh compares the two byte for byte:
#
#   docker build --target executable --output dist .      # with BuildKit
#   docker build --target build --tag runnc-build . && docker run --rm runnc-build cat dist/runnc >runnc
FROM node:20-bookworm AS build
RUN apt-get update \
  && apt-get install --yes --no-install-recommends gcc binutils libc6-dev gcc-aarch64-linux-gnu libc6-dev-arm64-cross \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /runnc
COPY package.json package-lock.json ./
RUN npm ci
COPY . .
RUN npm run build

FROM scratch AS executable
COPY --from=build /runnc/dist/runnc /runnc
