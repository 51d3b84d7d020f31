import { DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import * as aws from "@pulumi/aws";
import { expect } from "chai";
import { simulate } from "../../../simulator";
import { itemsTable } from "./items-table";
import { lambdaFunction } from "./lambda-function";

/** An API with one method at its root, and a table. Resources are given where their ids are wanted. */
function apiProgram(): Record<string, unknown> {
  const table = itemsTable();
  const { lambda } = lambdaFunction("root", () => async () => ({ statusCode: 204 }));
  const api = new aws.apigateway.RestApi("api", { endpointConfiguration: { types: "REGIONAL" } });
  const method = new aws.apigateway.Method("method", {
    restApi: api,
    resourceId: api.rootResourceId,
    httpMethod: "ANY",
    authorization: "NONE",
  });
  const integration = new aws.apigateway.Integration("integration", {
    restApi: api,
    resourceId: api.rootResourceId,
    httpMethod: method.httpMethod,
    type: "AWS_PROXY",
    integrationHttpMethod: "POST",
    uri: lambda.invokeArn,
  });
  new aws.lambda.Permission("permission", {
    action: "lambda:InvokeFunction",
    function: lambda,
    principal: "apigateway.amazonaws.com",
  });
  const deployment = new aws.apigateway.Deployment(
    "deployment",
    { restApi: api },
    { dependsOn: integration },
  );
  const stage = new aws.apigateway.Stage("stage", { restApi: api, deployment, stageName: "v1" });
  return { url: stage.invokeUrl, tableName: table.name };
}

describe("http", () => {
  it("sends a request to a stage; time passes while it is under way", async () => {
    const account = await simulate(apiProgram);
    const { now } = account;
    const { body, headers, status } = await account.http({
      method: "get",
      url: String(account.outputs.url),
    });
    expect([status, body]).to.deep.equal([204, ""]);
    expect(headers).to.include({ "content-type": "application/json" });
    // A cold start and two ways.
    expect(account.now - now).to.be.within(155, 475);
    expect(account.invocations("root")).to.have.length(1);
  });

  it("goes on while other calls are under way", async () => {
    const account = await simulate(apiProgram);
    const { tableName: TableName, url } = account.outputs;
    const put = new PutItemCommand({ TableName: String(TableName), Item: { id: { S: "a" } } });
    const [response] = await Promise.all([
      account.http({ method: "POST", url: String(url), body: "a" }),
      account.client(DynamoDBClient).send(put),
    ]);
    expect(response.status).to.equal(204);
    expect(account.writes(String(TableName))).to.have.length(1);
  });
});
