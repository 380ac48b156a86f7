import { randomUUID } from 'node:crypto';
import { LABELLED, type SimulatedEngine, startSimulatedEngine } from './simulated-engine.ts';
import { startAfresh } from './sweeping.ts';
import { createWorld, type World, type WorldOptions } from './world.ts';

/** A platform whose workspaces are containers, with its engine. */
export interface ContainerWorld {
  readonly world: World;
  readonly engine: SimulatedEngine;
  /** A row, and nothing that runs. */
  addRow(status: string, id?: string): Promise<string>;
  setStatus(id: string, status: string): Promise<void>;
  deleteRow(id: string): Promise<void>;
  /** A removed workspace whose container, labelled and with one volume, still runs. */
  leak(): Promise<Leaked>;
  /** As if nothing had ever been, but for one live workspace: the table is not empty. */
  startAfresh(): Promise<void>;
  close(): Promise<void>;
}

export interface Leaked {
  readonly id: string;
  readonly container: string;
  readonly volume: string;
}

export async function createContainerWorld(options: WorldOptions = {}): Promise<ContainerWorld> {
  const engine = await startSimulatedEngine();
  const world = await createWorld({ ...options, engine });
  const sql = (text: string, values: readonly unknown[]) => world.platformDatabase.query(text, [...values]);
  const addRow = async (status: string, id: string = randomUUID()): Promise<string> => {
    await sql(`insert into workspaces (id, name, status) values ($1, $2, $3)`, [id, `name of ${id}`, status]);
    return id;
  };
  return {
    world,
    engine,
    addRow,
    async setStatus(id, status) {
      await sql('update workspaces set status = $2 where id = $1', [id, status]);
    },
    async deleteRow(id) {
      await sql('delete from workspaces where id = $1', [id]);
    },
    async leak() {
      const id = await addRow('removed');
      const volume = `ws-${id}-configs`;
      return { id, volume, container: engine.run({ name: `ws-${id}`, ...LABELLED, volumes: [volume] }) };
    },
    async startAfresh() {
      await startAfresh(world);
      engine.forget();
      await addRow('online');
    },
    async close() {
      await world.close();
      await engine.close();
    },
  };
}
