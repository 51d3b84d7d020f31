/** What an integration of API Gateway takes as its URI to invoke a function, version or alias. */
export function invokeArnOf(functionArn: string, region: string): string {
  const service = `arn:aws:apigateway:${region}:lambda`;
  return `${service}:path/2015-03-31/functions/${functionArn}/invocations`;
}
