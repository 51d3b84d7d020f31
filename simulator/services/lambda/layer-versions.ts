import { ServiceError } from "../errors";

/** Texts by path below `/opt`: `nodejs/node_modules/shared/index.js`. */
export type LayerFiles = Readonly<Record<string, string>>;

/** Versions of layers. Deleted ones live on in the functions that use them. Source: "Deleting layer versions". */
export class LayerVersions {
  readonly #files = new Map<string, LayerFiles>();
  readonly #deleted = new Set<string>();

  publish(arn: string, files: LayerFiles): void {
    this.#files.set(arn, files);
    this.#deleted.delete(arn);
  }

  delete(arn: string): void {
    this.#deleted.add(arn);
  }

  remaining(): string[] {
    return [...this.#files.keys()].filter((arn) => !this.#deleted.has(arn));
  }

  /**
   * What functions with these layers find below `/opt`: later layers go over earlier ones.
   *
   * @param inUse what the function has already, deleted or not
   * @throws InvalidParameterValueException
   */
  filesOf(arns: readonly string[], inUse: readonly string[] = []): LayerFiles {
    const versions = new Map<string, string>();
    for (const arn of arns) {
      if (!this.#files.has(arn) || (this.#deleted.has(arn) && !inUse.includes(arn))) {
        throw invalid(`Layer version ${arn} does not exist.`);
      }
      const layer = arn.slice(0, arn.lastIndexOf(":"));
      const other = versions.get(layer);
      if (other !== undefined) {
        throw invalid(
          "Two different versions of the same layer are not allowed to be referenced in the same " +
            `function. ${other} and ${arn} are versions of the same layer.`,
        );
      }
      versions.set(layer, arn);
    }
    return Object.assign({}, ...arns.map((arn) => this.#files.get(arn))) as LayerFiles;
  }
}

const invalid = (message: string) => new ServiceError("InvalidParameterValueException", message);
