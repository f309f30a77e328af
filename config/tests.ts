import { describeRoom } from './testing/room.ts';

describeRoom(import.meta.url);
