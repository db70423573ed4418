import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sns from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

import { Api } from './api';
import { DataStack } from './data-stack';
import { Processing } from './processing';
import { Settings } from './settings';
import { StorageStack } from './storage-stack';

export interface AlarmsProps {
  readonly settings: Settings;
  readonly data: DataStack;
  readonly storage: StorageStack;
  readonly processing: Processing;
  readonly api: Api;
}

const { MISSING, NOT_BREACHING } = cloudwatch.TreatMissingData;

/** The alarms, with the names that the guide gives them, and the topic that they ring. */
export class Alarms extends Construct {
  readonly topic: sns.Topic;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: AlarmsProps,
  ) {
    super(scope, id);
    const { settings, data, storage, processing, api } = props;
    this.topic = new sns.Topic(this, 'Topic', {
      topicName: `composer-alarms-${settings.stage}`,
      masterKey: data.key,
      enforceSSL: true,
    });
    this.topic.grantPublish(new iam.ServicePrincipal('cloudwatch.amazonaws.com'));
    // They have to click a link in a first mail.
    if (settings.alarmEmail !== '') this.topic.addSubscription(new EmailSubscription(settings.alarmEmail));

    const { cluster } = data;
    this.alarm('DatabaseCPUAlarm', cluster.metricCPUUtilization({ statistic: 'Average' }), 80, 2, MISSING);
    this.alarm('DatabaseConnectionsAlarm', cluster.metricDatabaseConnections({ statistic: 'Average' }), 80, 2, MISSING);

    const errors = (of: lambda.Function) => of.metricErrors({ statistic: 'Sum' });
    this.alarm('DatabaseLambdaErrorAlarm', errors(processing.database), 1);
    this.alarm('LambdaErrorAlarm', errors(processing.jsonProcessor), 1);
    this.alarm('BedrockLambdaErrorAlarm', errors(processing.bedrock), 1);

    this.alarm('APIGateway4XXErrorAlarm', api.rest.deploymentStage.metricClientError({ statistic: 'Sum' }), 50);
    this.alarm('StepFunctionFailureAlarm', processing.workflow.metricFailed({ statistic: 'Sum' }), 1);

    const waiting = (queue: sqs.Queue) =>
      queue.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum', period: Duration.minutes(5) });
    this.alarm('DeadLetterAlarm', waiting(storage.processingDeadLetters), 1);
    this.alarm('FunctionDeadLetterAlarm', waiting(storage.functionDeadLetters), 1);
  }

  /** An alarm on a metric's five minutes. Its logical id is its name: by it the runbooks find it in the stack. */
  private alarm(
    name: string,
    metric: cloudwatch.Metric,
    threshold: number,
    evaluationPeriods = 1,
    treatMissingData = NOT_BREACHING,
  ): void {
    const alarm = new cloudwatch.Alarm(this, name, {
      alarmName: `composer-${this.props.settings.stage}-${name}`,
      metric,
      threshold,
      evaluationPeriods,
      treatMissingData,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    });
    alarm.addAlarmAction(new SnsAction(this.topic));
    (alarm.node.defaultChild as cloudwatch.CfnAlarm).overrideLogicalId(name);
  }
}
