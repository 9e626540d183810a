import { orphaned } from './orphaned.ts';

// Loaded into a program that would else outlive whoever started it in a process group of its own: ends the group.
orphaned().addEventListener('abort', () => process.kill(0, 'SIGKILL'));
