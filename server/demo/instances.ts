import { randomBytes } from 'node:crypto';

export type InstanceState = 'running' | 'pending' | 'stopping' | 'stopped' | 'terminated';

/** The truth about one instance, whatever anybody was told about it. */
export interface Instance {
  readonly instanceId: string;
  readonly workspaceId: string;
  readonly state: InstanceState;
  readonly dnsRecord: { readonly name: string; readonly deleted: boolean };
}

export interface Launch {
  readonly workspaceId: string;
  /** A new one is invented if absent. */
  readonly instanceId?: string;
  readonly state?: InstanceState;
}

/** The cloud behind the simulated control plane. */
export interface Cloud {
  launch(launch: Launch): Instance;
  /** Idempotent: what is terminated or deleted already is no error. Null when there never was such an instance. */
  terminate(instanceId: string): Instance | null;
  setState(instanceId: string, state: InstanceState): void;
  deleteDnsRecord(instanceId: string): void;
  find(instanceId: string): Instance | null;
  all(): Instance[];
}

export function createCloud(): Cloud {
  const instances = new Map<string, Instance>();

  function change(instanceId: string, difference: Partial<Instance>): Instance {
    const instance = instances.get(instanceId);
    if (instance === undefined) throw new Error(`there is no instance ${instanceId}`);
    const changed = { ...instance, ...difference };
    instances.set(instanceId, changed);
    return changed;
  }

  function deleteDnsRecord(instanceId: string): void {
    const name = instances.get(instanceId)?.dnsRecord.name ?? '';
    change(instanceId, { dnsRecord: { name, deleted: true } });
  }

  return {
    launch({ workspaceId, instanceId = `i-${randomBytes(9).toString('hex').slice(1)}`, state = 'running' }) {
      if (instances.has(instanceId)) throw new Error(`there is an instance ${instanceId} already`);
      const dnsRecord = { name: `${encodeURIComponent(workspaceId)}.workspaces.example`, deleted: false };
      const instance = { instanceId, workspaceId, state, dnsRecord };
      instances.set(instanceId, instance);
      return instance;
    },
    terminate(instanceId) {
      if (!instances.has(instanceId)) return null;
      deleteDnsRecord(instanceId);
      return change(instanceId, { state: 'terminated' });
    },
    setState: (instanceId, state) => void change(instanceId, { state }),
    deleteDnsRecord,
    find: (instanceId) => instances.get(instanceId) ?? null,
    all: () => [...instances.values()],
  };
}
