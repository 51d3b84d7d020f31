import { DynamoDBClient, ListTablesCommand } from "@aws-sdk/client-dynamodb";
import { expect } from "chai";
import { injectedSettings } from "../../../simulator/sdk/client";

describe("injectedSettings", () => {
  it("let no request leave, even of a client that is tied to no account", async () => {
    const client = new DynamoDBClient(injectedSettings("eu-west-1"));
    const message = await client.send(new ListTablesCommand({})).then(
      () => "sent",
      (cause: unknown) => (cause as Error).message,
    );
    expect(message).to.equal("A request was about to leave the simulated account.");
  });
});
