import Type from 'typebox';
import Value from 'typebox/value';

/** Of a Grafana dashboard, what is asked of Prometheus. */
const Dashboard = Type.Object({
  panels: Type.Array(
    Type.Object({
      type: Type.String(),
      title: Type.String({ minLength: 1 }),
      gridPos: Type.Object({ x: Type.Integer(), y: Type.Integer(), w: Type.Integer(), h: Type.Integer() }),
      targets: Type.Optional(Type.Array(Type.Object({ expr: Type.String({ minLength: 1 }), refId: Type.String() }))),
    }),
  ),
});

/** @throws where a panel asks nothing, two of its questions have one name, or two panels lie on one place */
export function expressionsOf(text: string): string[] {
  const { panels } = Value.Parse(Dashboard, JSON.parse(text));
  const taken = new Map<string, string>();
  return panels.flatMap(({ type, title, gridPos, targets = [] }) => {
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
        const other = taken.get(`${x},${y}`);
        if (other !== undefined) throw new Error(`${title} lies on ${other}`);
        taken.set(`${x},${y}`, title);
      }
    }
    if (type === 'row') return [];
    if (targets.length === 0) throw new Error(`${title} asks nothing`);
    if (new Set(targets.map(({ refId }) => refId)).size < targets.length)
      throw new Error(`${title} asks twice under one name`);
    return targets.map(({ expr }) => expr);
  });
}
