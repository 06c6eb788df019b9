/** Loaded before a program that knows nothing of us (`node --import`): it ends when the one who started it does. */
process.once('disconnect', () => process.exit(1));
