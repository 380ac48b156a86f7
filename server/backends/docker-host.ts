import { join } from 'node:path';
import type { Pool } from 'undici';

/** Where the Docker Engine listens, and how it is spoken to: as Docker itself reads these. */
export interface DockerHost {
  /** `unix:///path` or `tcp://host:port`; null: Docker's own default. */
  readonly host: string | null;
  /** DOCKER_TLS_VERIFY is anything but nothing. */
  readonly tlsVerify: boolean;
  /** The folder with ca.pem, cert.pem and key.pem; null: TLS without verification is never spoken. */
  readonly certPath: string | null;
  /** Where `.docker` is looked for when TLS is to be verified and no folder is named. */
  readonly homeFolder: string;
  readonly readFile: (path: string) => string;
}

const DEFAULT_HOST = 'unix:///var/run/docker.sock';
const PLAIN_PORT = '2375';
const TLS_PORT = '2376';

export interface DockerLine {
  /** As a person would write it. */
  readonly place: string;
  readonly origin: string;
  readonly connect: NonNullable<Pool.Options['connect']>;
}

/** @throws when a file of the certificates cannot be read: the sentence names it and the setting */
export function dockerLine({ host, tlsVerify, certPath, homeFolder, readFile }: DockerHost): DockerLine {
  const place = host ?? DEFAULT_HOST;
  const socket = /^unix:\/\/(\/.*)$/.exec(place)?.[1];
  if (socket !== undefined) return { place, origin: 'http://docker', connect: { socketPath: socket } };
  const { hostname } = new URL(place.replace(/^tcp:/, 'http:'));
  // As Docker's own client: a folder of certificates means TLS, and DOCKER_TLS_VERIFY that the other side is verified.
  if (!tlsVerify && certPath === null) {
    return { place, origin: `http://${hostname}:${portWritten(place) || PLAIN_PORT}`, connect: {} };
  }
  const folder = certPath ?? join(homeFolder, '.docker');
  const pem = (name: string): string => {
    try {
      return readFile(join(folder, name));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(`DOCKER_CERT_PATH is ${JSON.stringify(folder)}, where ${name} cannot be read (${why})`);
    }
  };
  return {
    place,
    origin: `https://${hostname}:${portWritten(place) || TLS_PORT}`,
    connect: {
      ca: pem('ca.pem'),
      cert: pem('cert.pem'),
      key: pem('key.pem'),
      rejectUnauthorized: tlsVerify,
    },
  };
}

/** A URL leaves out the port that its scheme has anyway. */
function portWritten(place: string): string {
  return /:(\d+)\/?$/.exec(place)?.[1] ?? '';
}
