import { ServiceError } from "../errors";
import { awsManagedPolicy, isManagedByAws, unknownManagedPolicy } from "./managed-policies";
import { compilePolicy, type CompiledPolicy, type PolicySource } from "./policy";
import { uniqueId } from "./unique-id";

interface Role {
  readonly name: string;
  readonly arn: string;
  readonly uniqueId: string;
  trust: CompiledPolicy;
  readonly inline: Map<string, CompiledPolicy>;
  readonly attached: Set<string>;
  /** All its policies; forgotten when one changes. */
  effective?: readonly CompiledPolicy[];
}

const NONE: readonly CompiledPolicy[] = [];

/** The roles of an account, their inline policies, and the managed policies attached to them. */
export class RoleStore {
  readonly #byName = new Map<string, Role>();
  readonly #byArn = new Map<string, Role>();
  readonly #managed = new Map<string, CompiledPolicy>();

  /** @param onChange called after every change of a policy */
  constructor(
    readonly accountId: string,
    private readonly onChange: () => void,
  ) {}

  byArn(arn: string): Readonly<Role> | undefined {
    return this.#byArn.get(arn);
  }

  policiesOf(roleArn: string): readonly CompiledPolicy[] {
    const role = this.#byArn.get(roleArn);
    if (!role) return NONE;
    role.effective ??= [
      ...role.inline.values(),
      ...[...role.attached].map((arn) => this.#policy(arn)),
    ];
    return role.effective;
  }

  putRole(name: string, arn: string, trust: PolicySource): void {
    const compiled = compilePolicy(trust, "trust", `role ${name}, assumeRolePolicy`);
    const existing = this.#byName.get(name);
    if (existing) {
      existing.trust = compiled;
    } else {
      const role: Role = {
        name,
        arn,
        uniqueId: uniqueId("AROA", arn),
        trust: compiled,
        inline: new Map(),
        attached: new Set(),
      };
      this.#byName.set(name, role);
      this.#byArn.set(arn, role);
    }
    this.#changed();
  }

  createRole(name: string, arn: string, trust: PolicySource): void {
    if (this.#byName.has(name)) {
      throw exists(`Role with name ${name} already exists.`);
    }
    this.putRole(name, arn, trust);
  }

  /** @param detach whether what is still attached goes too */
  deleteRole(name: string, detach: boolean): void {
    const role = this.#role(name);
    if (!detach && role.attached.size > 0) {
      throw conflict("Cannot delete entity, must detach all policies first.");
    }
    if (!detach && role.inline.size > 0) {
      throw conflict("Cannot delete entity, must delete policies first.");
    }
    this.#byName.delete(name);
    this.#byArn.delete(role.arn);
    this.#changed();
  }

  putInline(roleName: string, policyName: string, policy: PolicySource): void {
    const where = `role ${roleName}, policy ${policyName}`;
    const compiled = compilePolicy(policy, "identity", where);
    this.#role(roleName).inline.set(policyName, compiled);
    this.#changed();
  }

  deleteInline(roleName: string, policyName: string): void {
    this.#byName.get(roleName)?.inline.delete(policyName);
    this.#changed();
  }

  attach(roleName: string, policyArn: string): void {
    const role = this.#role(roleName);
    this.#policy(policyArn);
    role.attached.add(policyArn);
    this.#changed();
  }

  detach(roleName: string, policyArn: string): void {
    this.#byName.get(roleName)?.attached.delete(policyArn);
    this.#changed();
  }

  createManaged(name: string, arn: string, policy: PolicySource): void {
    if (this.#managed.has(arn)) throw exists(`A policy called ${name} already exists.`);
    this.putManaged(name, arn, policy);
  }

  putManaged(name: string, arn: string, policy: PolicySource): void {
    this.#managed.set(arn, compilePolicy(policy, "identity", `policy ${name}`));
    this.#changed();
  }

  deleteManaged(arn: string): void {
    if ([...this.#byName.values()].some((role) => role.attached.has(arn))) {
      throw conflict("Cannot delete a policy attached to entities.");
    }
    this.#managed.delete(arn);
    this.#changed();
  }

  remaining(): string[] {
    return [
      ...[...this.#byName.keys()].map((name) => `aws:iam/role:Role ${name}`),
      ...[...this.#managed.keys()].map((arn) => `aws:iam/policy:Policy ${arn}`),
    ];
  }

  #role(name: string): Role {
    const role = this.#byName.get(name);
    if (role) return role;
    throw new ServiceError("NoSuchEntity", `The role with name ${name} cannot be found.`, {
      statusCode: 404,
    });
  }

  #policy(arn: string): CompiledPolicy {
    const own = this.#managed.get(arn);
    if (own) return own;
    const document = awsManagedPolicy(arn);
    if (document) return compilePolicy(document, "identity", arn);
    const message = isManagedByAws(arn)
      ? unknownManagedPolicy(arn)
      : `Policy ${arn} does not exist or is not attachable.`;
    throw new ServiceError("NoSuchEntity", message, { statusCode: 404 });
  }

  #changed(): void {
    for (const role of this.#byName.values()) role.effective = undefined;
    this.onChange();
  }
}

const conflict = (message: string): ServiceError =>
  new ServiceError("DeleteConflict", message, { statusCode: 409 });

const exists = (message: string): ServiceError =>
  new ServiceError("EntityAlreadyExists", message, { statusCode: 409 });
