import { readFileSync } from 'node:fs';

import { Duration, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';

import { DataStack } from './data-stack';
import { Settings } from './settings';
import { StorageStack } from './storage-stack';

/** The account needs access to it in this region. */
const MODEL = 'amazon.nova-lite-v1:0';

export interface ProcessingProps {
  readonly settings: Settings;
  readonly data: DataStack;
  readonly storage: StorageStack;
}

/** The functions, and the workflow that puts an uploaded file on record and composes a component of it. */
export class Processing extends Construct {
  readonly database: lambda.Function;
  readonly jsonProcessor: lambda.Function;
  readonly bedrock: lambda.Function;
  readonly workflow: sfn.StateMachine;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: ProcessingProps,
  ) {
    super(scope, id);
    const { settings, data, storage } = props;
    const { partition, region } = Stack.of(this);

    this.database = this.makeFunction('Database', 'database', 'Puts uploaded files on record', 30, {
      CLUSTER_ARN: data.cluster.clusterArn,
      SECRET_ARN: data.secretArn,
      CORS_ORIGIN: settings.corsOrigin,
    });
    this.allow(this.database, ['rds-data:ExecuteStatement'], data.cluster.clusterArn);
    this.allow(this.database, ['secretsmanager:GetSecretValue'], data.secretArn);

    this.bedrock = this.makeFunction('Bedrock', 'bedrock', 'Composes a component of an uploaded file', 60, {
      MODEL_ID: MODEL,
    });
    const model = `arn:${partition}:bedrock:${region}::foundation-model/${MODEL}`;
    this.allow(this.bedrock, ['bedrock:InvokeModel'], model);
    const files = storage.uploads.arnForObjects('*');
    this.allow(this.bedrock, ['s3:GetObject', 's3:GetObjectVersion', 's3:PutObject'], files);

    this.workflow = this.makeWorkflow();
    this.jsonProcessor = this.makeFunction(
      'JsonProcessor',
      'json-processor',
      'Starts a workflow for each uploaded file',
      30,
      { STATE_MACHINE_ARN: this.workflow.stateMachineArn },
    );
    this.workflow.grantStartExecution(this.jsonProcessor);
    this.jsonProcessor.addEventSource(
      new SqsEventSource(storage.processing, { batchSize: 10, reportBatchItemFailures: true }),
    );
  }

  private makeFunction(
    id: string,
    name: string,
    description: string,
    seconds: number,
    environment: Record<string, string>,
  ): lambda.Function {
    const { settings, data, storage } = this.props;
    const functionName = `composer-${name}-${settings.stage}`;
    // The same files as those of the plain templates: short enough to stand in the stack, so nothing is uploaded.
    const file = `../templates/functions/${name.replace('-', '_')}/index.py`;
    const made = new lambda.Function(this, id, {
      functionName,
      description,
      runtime: lambda.Runtime.PYTHON_3_12,
      handler: 'index.handler',
      code: lambda.Code.fromInline(readFileSync(file, 'utf8')),
      memorySize: 256,
      timeout: Duration.seconds(seconds),
      reservedConcurrentExecutions: settings.concurrency,
      environment,
      environmentEncryption: data.key,
      deadLetterQueue: storage.functionDeadLetters,
      vpc: data.vpc,
      vpcSubnets: { subnets: data.vpc.isolatedSubnets },
      securityGroups: [data.functionGroup],
      logGroup: data.logGroup(this, `${id}Logs`, `/aws/lambda/${functionName}`),
    });
    this.allow(made, ['kms:Decrypt', 'kms:GenerateDataKey'], data.key.keyArn);
    return made;
  }

  private allow(to: lambda.Function, actions: string[], resource: string): void {
    to.addToRolePolicy(new iam.PolicyStatement({ actions, resources: [resource] }));
  }

  /** Half an hour at most. */
  private makeWorkflow(): sfn.StateMachine {
    const { settings, data } = this.props;
    const task = (id: string, lambdaFunction: lambda.Function, seconds: number, resultPath?: string) => {
      const timeout = sfn.Timeout.duration(Duration.seconds(seconds));
      const options = { lambdaFunction, resultPath, payloadResponseOnly: true, retryOnServiceExceptions: false };
      const made = new LambdaInvoke(this, id, { ...options, taskTimeout: timeout });
      return made.addRetry({ errors: [sfn.Errors.TASKS_FAILED], maxAttempts: 3 });
    };
    const record = task('Record', this.database, 60, sfn.JsonPath.DISCARD);
    const compose = task('Compose', this.bedrock, 120);
    return new sfn.StateMachine(this, 'Workflow', {
      stateMachineName: `composer-${settings.stage}`,
      comment: 'An uploaded file is put on record, then composed into a component.',
      definitionBody: sfn.DefinitionBody.fromChainable(record.next(compose)),
      timeout: Duration.minutes(30),
      tracingEnabled: true,
      logs: {
        destination: data.logGroup(this, 'WorkflowLogs', `/aws/vendedlogs/states/composer-${settings.stage}`),
        level: sfn.LogLevel.ERROR,
        includeExecutionData: false,
      },
    });
  }
}
