import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import type { Backend, Containers } from './backends/backend.ts';
import { createControlPlane } from './backends/control-plane.ts';
import { createDocker } from './backends/docker.ts';
import { createDockerEngine } from './backends/docker-engine.ts';
import { dockerLine } from './backends/docker-host.ts';
import type { Config } from './config.ts';

/** What stops instances, and what says which there are where the platform's rows do not. */
export interface BackendOf {
  readonly backend: Backend | null;
  readonly containers: Containers | null;
}

/** @throws when a certificate for the Docker Engine cannot be read */
export function createBackend({ backend }: Config, version: string): BackendOf {
  switch (backend?.kind) {
    case 'control-plane':
      return { backend: createControlPlane({ ...backend, version }), containers: null };
    case 'docker': {
      const readFile = (path: string) => readFileSync(path, 'utf8');
      const docker = createDocker(
        createDockerEngine(dockerLine({ ...backend, homeFolder: homedir(), readFile }), version),
      );
      return { backend: docker, containers: docker };
    }
    case undefined:
      return { backend: null, containers: null };
  }
}
