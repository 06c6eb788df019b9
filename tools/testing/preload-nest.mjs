/**
 * CommonJS add-ons of Nest (its throttler, for one) require() the framework's ESM packages. In the middle of Jest's
 * linking that is reported as a cycle, so those packages are loaded first, one after the other.
 */
import 'reflect-metadata';

for (const name of ['@nestjs/common', '@nestjs/core', '@nestjs/bull-shared', '@nestjs/swagger']) await import(name);
