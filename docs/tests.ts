import { describeRoom } from '../config/testing/room.ts';

describeRoom(import.meta.url);
