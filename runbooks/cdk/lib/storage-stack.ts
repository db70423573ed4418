import { Duration, Stack, StackProps } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

import { DataStack, KEPT } from './data-stack';
import { Settings } from './settings';

export interface StorageStackProps extends StackProps {
  readonly settings: Settings;
  readonly data: DataStack;
}

/** The buckets, and the queues between them and the functions. All of it is kept. */
export class StorageStack extends Stack {
  readonly uploads: s3.Bucket;
  readonly accessLogs: s3.Bucket;
  readonly processing: sqs.Queue;
  readonly processingDeadLetters: sqs.Queue;
  readonly functionDeadLetters: sqs.Queue;

  constructor(scope: Construct, id: string, props: StorageStackProps) {
    super(scope, id, props);
    const { settings } = props;
    const queue = (name: string, more: sqs.QueueProps) =>
      new sqs.Queue(this, name, { encryptionMasterKey: props.data.key, removalPolicy: KEPT, ...more });

    // What cannot be processed waits for 14 days.
    this.functionDeadLetters = queue('FunctionDeadLetters', {
      queueName: `composer-lambda-dlq-${settings.stage}`,
      retentionPeriod: Duration.days(14),
    });
    this.processingDeadLetters = queue('ProcessingDeadLetters', {
      queueName: `composer-processing-dlq-${settings.stage}`,
      retentionPeriod: Duration.days(14),
    });
    this.processing = queue('Processing', {
      queueName: `composer-processing-${settings.stage}`,
      retentionPeriod: Duration.days(4),
      visibilityTimeout: Duration.minutes(3), // six times the function's time-out, as Lambda asks
      deadLetterQueue: { queue: this.processingDeadLetters, maxReceiveCount: 3 },
      enforceSSL: true,
    });

    this.accessLogs = this.bucket('AccessLogs', `composer-access-logs-${settings.stage}-${this.account}`, {
      lifecycleRules: [
        {
          ...cheaper('cheaper-then-gone'),
          expiration: Duration.days(365),
          noncurrentVersionExpiration: Duration.days(7),
        },
      ],
    });
    this.uploads = this.bucket('Uploads', `composer-uploads-${settings.stage}-${this.account}`, {
      serverAccessLogsBucket: this.accessLogs,
      serverAccessLogsPrefix: 'uploads-access-logs/',
      lifecycleRules: [{ ...cheaper('cheaper-and-old-versions'), noncurrentVersionExpiration: Duration.days(90) }],
      cors: [
        {
          allowedOrigins: [settings.corsOrigin],
          allowedMethods: [s3.HttpMethods.GET, s3.HttpMethods.HEAD, s3.HttpMethods.PUT, s3.HttpMethods.POST],
          allowedHeaders: ['*'],
          exposedHeaders: ['ETag'],
          maxAge: 3600,
        },
      ],
    });
    this.notify(`composer-uploads-${settings.stage}-${this.account}`);
  }

  private bucket(id: string, bucketName: string, more: s3.BucketProps): s3.Bucket {
    return new s3.Bucket(this, id, {
      bucketName,
      encryption: s3.BucketEncryption.S3_MANAGED,
      bucketKeyEnabled: true,
      enforceSSL: true,
      versioned: true,
      objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      removalPolicy: KEPT,
      ...more,
    });
  }

  /**
   * Tells the queue of each new file. By the bucket's own property: `addEventNotification` would put a function of
   * CDK's into the account. The queue's policy names the bucket by its name, or each would wait for the other.
   */
  private notify(bucketName: string): void {
    const source = `arn:${this.partition}:s3:::${bucketName}`;
    const allowed = this.processing.addToResourcePolicy(
      new iam.PolicyStatement({
        sid: 'UploadsNotify',
        principals: [new iam.ServicePrincipal('s3.amazonaws.com')],
        actions: ['sqs:SendMessage'],
        resources: [this.processing.queueArn],
        conditions: { StringEquals: { 'aws:SourceAccount': this.account }, ArnLike: { 'aws:SourceArn': source } },
      }),
    );
    if (allowed.policyDependable) this.uploads.node.addDependency(allowed.policyDependable);
    (this.uploads.node.defaultChild as s3.CfnBucket).notificationConfiguration = {
      queueConfigurations: [
        {
          event: 's3:ObjectCreated:*',
          queue: this.processing.queueArn,
          filter: { s3Key: { rules: [{ name: 'suffix', value: '.json' }] } },
        },
      ],
    };
  }
}

/** Infrequent access after a month, Glacier after three; what was never finished goes after a week. */
function cheaper(id: string): s3.LifecycleRule {
  return {
    id,
    transitions: [
      { storageClass: s3.StorageClass.INFREQUENT_ACCESS, transitionAfter: Duration.days(30) },
      { storageClass: s3.StorageClass.GLACIER, transitionAfter: Duration.days(90) },
    ],
    abortIncompleteMultipartUploadAfter: Duration.days(7),
  };
}
