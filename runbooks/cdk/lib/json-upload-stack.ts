import { CfnOutput, Stack, StackProps } from 'aws-cdk-lib';
import { Construct } from 'constructs';

import { Alarms } from './alarms';
import { Api } from './api';
import { DataStack } from './data-stack';
import { Processing } from './processing';
import { Settings } from './settings';
import { StorageStack } from './storage-stack';
import { Users } from './users';

export interface JsonUploadStackProps extends StackProps {
  readonly settings: Settings;
  readonly data: DataStack;
  readonly storage: StorageStack;
}

/** Users, API behind a firewall, functions, workflow and alarms. */
export class JsonUploadStack extends Stack {
  constructor(scope: Construct, id: string, props: JsonUploadStackProps) {
    super(scope, id, props);
    const { settings, data, storage } = props;

    const users = new Users(this, 'Users', { settings, data, uploads: storage.uploads });
    const processing = new Processing(this, 'Processing', { settings, data, storage });
    const api = new Api(this, 'Api', { settings, data, pool: users.pool, health: processing.database });
    const alarms = new Alarms(this, 'Alarms', { settings, data, storage, processing, api });

    // By these names the runbooks find what was deployed: the same as those of runbooks/templates/cdk-prod.yaml.
    const outputs: Record<string, string> = {
      VpcId: data.vpc.vpcId,
      PrivateSubnets: data.vpc.isolatedSubnets.map((subnet) => subnet.subnetId).join(','),
      FunctionSecurityGroupId: data.functionGroup.securityGroupId,
      DatabaseSecurityGroupId: data.databaseGroup.securityGroupId,
      EncryptionKeyArn: data.key.keyArn,
      ClusterIdentifier: data.cluster.clusterIdentifier,
      DatabaseSecretArn: data.secretArn,
      UploadsBucket: storage.uploads.bucketName,
      AccessLogsBucket: storage.accessLogs.bucketName,
      ProcessingQueueName: storage.processing.queueName,
      ProcessingDeadLetterQueueName: storage.processingDeadLetters.queueName,
      DeadLetterQueueArn: storage.functionDeadLetters.queueArn,
      DeadLetterQueueName: storage.functionDeadLetters.queueName,
      DatabaseFunctionName: processing.database.functionName,
      JsonProcessorFunctionName: processing.jsonProcessor.functionName,
      BedrockFunctionName: processing.bedrock.functionName,
      StateMachineArn: processing.workflow.stateMachineArn,
      UserPoolId: users.pool.userPoolId,
      UserPoolClientId: users.client.userPoolClientId,
      IdentityPoolId: users.identityPool.ref,
      CognitoLogGroupArn: users.logs.logGroupArn,
      ApiId: api.rest.restApiId,
      ApiStageName: api.rest.deploymentStage.stageName,
      ApiStageArn: api.stageArn,
      ApiUrl: `https://${api.rest.restApiId}.execute-api.${this.region}.${this.urlSuffix}/${settings.stage}`,
      WebAclArn: api.acl.attrArn,
      AlarmTopicArn: alarms.topic.topicArn,
    };
    for (const [name, value] of Object.entries(outputs)) {
      new CfnOutput(this, `Output${name}`, { value }).overrideLogicalId(name);
    }
  }
}
