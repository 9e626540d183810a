import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseCatalogue } from '../../src/config.ts';
import { describeIssues } from '../../src/platform/describe.ts';
import type { Catalogue } from '../../src/routing/catalogue.ts';
import { disagreements } from './agree.ts';
import { DeploymentError } from './deployment-error.ts';
import { type DeploymentDocument, deploymentSchema } from './document.ts';
import { readWorkerSettings, repository, type WorkerSettings } from './worker-settings.ts';

/** Cloudflare's bound on one variable of a Worker, in bytes. */
const variableBytes = 5_000;

/** One environment: its catalogue, its machines and its Worker, known to agree. */
export interface Environment {
  readonly name: string;
  /** Name of the CloudFormation stack, and of what belongs to it. */
  readonly stackName: string;
  readonly worker: WorkerSettings;
  readonly document: DeploymentDocument;
  readonly catalogue: Catalogue;
  /** The catalogue as the Worker gets it, `$NAME` not replaced. */
  readonly catalogueText: string;
}

/** Where an environment's deployment document is unless one is given. */
export function documentPath(environment: string): string {
  return join(repository, 'infra/environments', `${environment}.json`);
}

/**
 * Reads and checks everything that a deployment is made of; touches no network.
 * @param path the deployment document
 * @throws DeploymentError with every fault found
 */
export function loadEnvironment(name: string, path = documentPath(name)): Environment {
  const worker = readWorkerSettings(name);
  const parsed = deploymentSchema.safeParse(readJson(path), { reportInput: true });
  if (!parsed.success) throw new DeploymentError(path, describeIssues('', parsed.error));
  const document = parsed.data;
  const cataloguePath = resolve(dirname(path), document.catalogue);
  const catalogueText = JSON.stringify(readJson(cataloguePath));
  const faults: string[] = [];
  if (Buffer.byteLength(catalogueText) > variableBytes)
    faults.push(
      `the catalogue has ${Buffer.byteLength(catalogueText)} bytes, and a Worker's variable takes ${variableBytes}; shorten it`,
    );
  const catalogue = parseCatalogue({ ...worker.variables, CATALOGUE: catalogueText }, faults);
  if (catalogue === undefined) throw new DeploymentError(cataloguePath, faults);
  faults.push(...disagreements(catalogue, document, worker));
  if (faults.length > 0) throw new DeploymentError(`${path} and its catalogue`, faults);
  return { name, stackName: worker.name, worker, document, catalogue, catalogueText };
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new DeploymentError(path, [error instanceof Error ? error.message : String(error)]);
  }
}
