/**
 * What a public listener serves unless it is told otherwise: what customers and agents need for a live session, by the
 * REST functions of Genesys and the paths of the bundled node. Not history, nor whatever else a node has.
 */
export const PUBLIC_PATHS: { path: string; methods: string[] }[] = [
  { path: '/rest/live/**', methods: ['GET', 'POST', 'OPTIONS'] },
  { path: '/cometd/**', methods: ['GET', 'POST', 'OPTIONS'] },
  { path: '/health', methods: ['GET', 'OPTIONS'] },
  { path: '/js/**', methods: ['GET', 'OPTIONS'] },
];
