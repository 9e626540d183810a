import { loadEnvironment } from '../desired-state/environment.ts';
import { createApp } from './create-app.ts';

/** What `cdk` runs; the environment's name and its document come in as variables. */
const { DEPLOY_ENVIRONMENT: name = 'staging', DEPLOY_DOCUMENT: document } = process.env;
createApp(loadEnvironment(name, document)).synth();
