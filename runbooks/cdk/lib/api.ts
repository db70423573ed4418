import { Stack } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as wafv2 from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';

import { DataStack, KEPT } from './data-stack';
import { Settings } from './settings';

export interface ApiProps {
  readonly settings: Settings;
  readonly pool: cognito.UserPool;
  /** Answers `GET /health`. */
  readonly health: lambda.Function;
  readonly data: DataStack;
}

const LOG_FORMAT = [
  '{"id": "$context.requestId", "ip": "$context.identity.sourceIp", "time": "$context.requestTime",',
  '"method": "$context.httpMethod", "path": "$context.resourcePath", "status": "$context.status"}',
].join(' ');

/** The API: users of the pool only, from one site only, throttled, logged, behind a firewall. */
export class Api extends Construct {
  readonly rest: apigateway.RestApi;
  readonly acl: wafv2.CfnWebACL;
  readonly stageArn: string;

  constructor(scope: Construct, id: string, props: ApiProps) {
    super(scope, id);
    const { settings } = props;
    const { partition, region } = Stack.of(this);
    const name = `composer-${settings.stage}`;
    const logs = props.data.logGroup(this, 'Logs', `/aws/vendedlogs/apigateway/${name}`);
    this.rest = new apigateway.RestApi(this, 'Rest', {
      restApiName: name,
      description: 'What the site asks',
      endpointTypes: [apigateway.EndpointType.REGIONAL],
      // One an account and region: without it a stage may not log.
      cloudWatchRole: true,
      cloudWatchRoleRemovalPolicy: KEPT,
      deployOptions: {
        stageName: settings.stage,
        tracingEnabled: true,
        accessLogDestination: new apigateway.LogGroupLogDestination(logs),
        accessLogFormat: apigateway.AccessLogFormat.custom(LOG_FORMAT),
        loggingLevel: apigateway.MethodLoggingLevel.ERROR,
        dataTraceEnabled: false,
        metricsEnabled: true,
        throttlingRateLimit: 100,
        throttlingBurstLimit: 200,
      },
    });
    this.stageArn = `arn:${partition}:apigateway:${region}::/restapis/${this.rest.restApiId}/stages/${settings.stage}`;

    const authorizer = new apigateway.CognitoUserPoolsAuthorizer(this, 'Authorizer', {
      authorizerName: 'users',
      cognitoUserPools: [props.pool],
    });
    const health = this.rest.root.addResource('health');
    health.addMethod('GET', new apigateway.LambdaIntegration(props.health, { allowTestInvoke: false }), { authorizer });
    health.addCorsPreflight({
      allowOrigins: [settings.corsOrigin],
      allowMethods: ['GET', 'OPTIONS'],
      allowHeaders: ['Authorization', 'Content-Type'],
    });

    this.acl = this.makeFirewall(name, settings.rateLimit);
    const aclLogs = props.data.logGroup(this, 'FirewallLogs', `aws-waf-logs-${name}`);
    // The emulator knows neither type: there the runbook completes the association.
    if (!settings.emulated) {
      const association = new wafv2.CfnWebACLAssociation(this, 'FirewallAssociation', {
        resourceArn: this.stageArn,
        webAclArn: this.acl.attrArn,
      });
      association.node.addDependency(this.rest.deploymentStage);
      new wafv2.CfnLoggingConfiguration(this, 'FirewallLogging', {
        resourceArn: this.acl.attrArn,
        // Without the `:*` at the end of the group's own ARN: the firewall refuses it.
        logDestinationConfigs: [Stack.of(this).formatArn({
          service: 'logs',
          resource: `log-group:${aclLogs.logGroupName}`,
        })],
      });
    }
  }

  /** One address may ask so often within five minutes; and AWS's common rules. */
  private makeFirewall(name: string, limit: number): wafv2.CfnWebACL {
    const metrics = (metricName: string) => ({
      sampledRequestsEnabled: true,
      cloudWatchMetricsEnabled: true,
      metricName,
    });
    return new wafv2.CfnWebACL(this, 'Firewall', {
      name,
      scope: 'REGIONAL',
      defaultAction: { allow: {} },
      visibilityConfig: metrics(name),
      rules: [
        {
          name: 'rate-limit',
          priority: 0,
          action: { block: {} },
          statement: { rateBasedStatement: { limit, aggregateKeyType: 'IP' } },
          visibilityConfig: metrics(`${name}-rate-limit`),
        },
        {
          name: 'common-rules',
          priority: 1,
          overrideAction: { none: {} },
          statement: { managedRuleGroupStatement: { vendorName: 'AWS', name: 'AWSManagedRulesCommonRuleSet' } },
          visibilityConfig: metrics(`${name}-common-rules`),
        },
      ],
    });
  }
}
