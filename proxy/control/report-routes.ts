/** Where the admin listener tells of failures: `/incidents` and `/sessions/{token}`. */
import { errorAnswer, json } from './admin-answer.ts';
import type { AdminRoute } from './admin-routes.ts';
import type { FailoverReport } from './failover-report.ts';
import { incidentAnswer, sessionAnswer } from './report-answers.ts';

export function reportRoutes(report: Pick<FailoverReport, 'incidents' | 'session'>): readonly AdminRoute[] {
  return [
    {
      method: 'GET',
      access: 'read',
      path: '/incidents',
      answer: async () => json(200, { incidents: (await report.incidents()).map(incidentAnswer) }),
    },
    {
      method: 'GET',
      access: 'read',
      path: '/sessions/{token}',
      answer: async ({ name: token }) => {
        const session = await report.session(token);
        // The token is not repeated: answers are kept and sent around.
        return session === undefined
          ? errorAnswer(404, 'unknown_session', 'Nothing is remembered of this session.')
          : json(200, sessionAnswer(session));
      },
    },
  ];
}
