import { ArnFormat, Duration, RemovalPolicy, Stack, StackProps } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as rds from 'aws-cdk-lib/aws-rds';
import { Construct } from 'constructs';

import { Settings } from './settings';

/** Kept when the stack goes; a resource whose creation failed is not. */
export const KEPT = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE;

const NETWORK = '10.1.0.0/16';

export interface DataStackProps extends StackProps {
  readonly settings: Settings;
}

/** The key, the network without a way out, and the database. */
export class DataStack extends Stack {
  /** For all that is encrypted here. */
  readonly key: kms.Key;
  readonly vpc: ec2.Vpc;
  readonly functionGroup: ec2.SecurityGroup;
  readonly databaseGroup: ec2.SecurityGroup;
  readonly secretArn: string;
  readonly cluster: rds.DatabaseCluster;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: DataStackProps,
  ) {
    super(scope, id, props);
    const { settings } = props;
    const name = `composer-${settings.stage}`;

    this.key = this.makeKey(name);
    this.vpc = this.makeNetwork();

    this.functionGroup = this.makeGroup('FunctionGroup', 'Functions - HTTPS and PostgreSQL outbound');
    this.functionGroup.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(443), 'HTTPS to the endpoints');
    this.functionGroup.addEgressRule(ec2.Peer.ipv4(NETWORK), ec2.Port.tcp(5432), 'PostgreSQL');
    this.addEndpoints();

    // The guide takes an address out of this group: whoever needs the database gets a security group.
    this.databaseGroup = this.makeGroup('DatabaseGroup', 'Aurora - PostgreSQL from the functions');
    this.admitFunctions(this.databaseGroup, 5432, 'PostgreSQL from the functions');

    const secretName = `composer/${settings.stage}/database`;
    const secret = new rds.DatabaseSecret(this, 'DatabaseSecret', {
      secretName,
      username: 'composer',
      encryptionKey: this.key,
      excludeCharacters: '"@/\\\'',
    });
    secret.applyRemovalPolicy(KEPT);
    // Where AWS gives the ARN, the emulator gives the name.
    const named = { service: 'secretsmanager', resource: 'secret', arnFormat: ArnFormat.COLON_RESOURCE_NAME };
    this.secretArn = settings.emulated ? this.formatArn({ ...named, resourceName: secretName }) : secret.secretArn;
    this.cluster = this.makeCluster(name, secret);
  }

  /** A log group in `scope`, encrypted with our key. It keeps logs as the settings say, and goes with its stack. */
  logGroup(scope: Construct, id: string, logGroupName: string): logs.LogGroup {
    return new logs.LogGroup(scope, id, {
      logGroupName,
      retention: this.props.settings.logRetention,
      encryptionKey: this.key,
      removalPolicy: RemovalPolicy.DESTROY,
    });
  }

  private makeKey(name: string): kms.Key {
    const key = new kms.Key(this, 'Key', {
      alias: name,
      description: 'Database, secret, queues, topic, environment and logs',
      enableKeyRotation: true,
      removalPolicy: KEPT,
    });
    key.addToResourcePolicy(
      new iam.PolicyStatement({
        sid: 'ServicesUse',
        principals: ['lambda', 'cloudwatch', 's3', 'sqs'].map((it) => new iam.ServicePrincipal(`${it}.amazonaws.com`)),
        actions: ['kms:Decrypt', 'kms:GenerateDataKey', 'kms:DescribeKey'],
        resources: ['*'],
        conditions: { StringEquals: { 'aws:SourceAccount': this.account } },
      }),
    );
    key.addToResourcePolicy(
      new iam.PolicyStatement({
        sid: 'LogsAreEncrypted',
        principals: [new iam.ServicePrincipal(`logs.${this.region}.amazonaws.com`)],
        actions: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'],
        resources: ['*'],
        conditions: {
          ArnLike: {
            'kms:EncryptionContext:aws:logs:arn': `arn:${this.partition}:logs:${this.region}:${this.account}:*`,
          },
        },
      }),
    );
    return key;
  }

  private makeNetwork(): ec2.Vpc {
    const { settings } = this.props;
    const vpc = new ec2.Vpc(this, 'Vpc', {
      vpcName: `composer-vpc-${settings.stage}`,
      ipAddresses: ec2.IpAddresses.cidr(NETWORK),
      maxAzs: 2,
      natGateways: 0,
      restrictDefaultSecurityGroup: false, // it would need a function of CDK's in the account
      subnetConfiguration: [{ name: 'private', subnetType: ec2.SubnetType.PRIVATE_ISOLATED, cidrMask: 24 }],
    });
    const group = this.logGroup(this, 'FlowLogGroup', `/composer/${settings.stage}/vpc-flow-logs`);
    // The emulator refuses flow logs in a stack: there the runbook completes it.
    if (!settings.emulated) {
      vpc.addFlowLog('FlowLog', { destination: ec2.FlowLogDestination.toCloudWatchLogs(group) });
    }
    return vpc;
  }

  /** Endpoints lead to the services that the functions call: nothing in this network reaches the internet. */
  private addEndpoints(): void {
    const group = this.makeGroup('EndpointGroup', 'Interface endpoints - HTTPS from the functions');
    this.admitFunctions(group, 443, 'HTTPS from the functions');
    const services = {
      RdsData: ec2.InterfaceVpcEndpointAwsService.RDS_DATA,
      States: ec2.InterfaceVpcEndpointAwsService.STEP_FUNCTIONS,
      Bedrock: ec2.InterfaceVpcEndpointAwsService.BEDROCK_RUNTIME,
    };
    for (const [name, service] of Object.entries(services)) {
      this.vpc.addInterfaceEndpoint(`${name}Endpoint`, { service, securityGroups: [group], open: false });
    }
    this.vpc.addGatewayEndpoint('S3Endpoint', { service: ec2.GatewayVpcEndpointAwsService.S3 });
  }

  private makeGroup(id: string, description: string): ec2.SecurityGroup {
    return new ec2.SecurityGroup(this, id, { vpc: this.vpc, description, allowAllOutbound: false });
  }

  /** As a property of the group: `addIngressRule` makes a resource of it, which the emulator does not know. */
  private admitFunctions(group: ec2.SecurityGroup, port: number, description: string): void {
    (group.node.defaultChild as ec2.CfnSecurityGroup).securityGroupIngress = [
      {
        ipProtocol: 'tcp',
        fromPort: port,
        toPort: port,
        sourceSecurityGroupId: this.functionGroup.securityGroupId,
        description,
      },
    ];
  }

  /** Two instances in two zones, backed up every day, protected and kept. */
  private makeCluster(name: string, secret: rds.DatabaseSecret): rds.DatabaseCluster {
    const { settings } = this.props;
    const engine = rds.DatabaseClusterEngine.auroraPostgres({
      version: rds.AuroraPostgresEngineVersion.of('16.11', '16'),
    });
    const instance = (number: number) =>
      rds.ClusterInstance.provisioned(`Instance${number}`, {
        instanceIdentifier: `${name}-${number}`,
        instanceType: ec2.InstanceType.of(ec2.InstanceClass.T4G, ec2.InstanceSize.MEDIUM),
        autoMinorVersionUpgrade: true,
        publiclyAccessible: false,
      });
    return new rds.DatabaseCluster(this, 'Database', {
      clusterIdentifier: name,
      engine,
      writer: instance(1),
      readers: [instance(2)],
      defaultDatabaseName: 'composer',
      credentials: rds.Credentials.fromSecret(secret),
      vpc: this.vpc,
      vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
      securityGroups: [this.databaseGroup],
      parameters: { 'rds.force_ssl': '1', log_statement: 'ddl', log_min_duration_statement: '1000' },
      storageEncrypted: true,
      storageEncryptionKey: this.key,
      deletionProtection: true,
      removalPolicy: KEPT,
      backup: { retention: Duration.days(settings.backupDays), preferredWindow: settings.backupWindow },
      copyTagsToSnapshot: true,
      cloudwatchLogsExports: ['postgresql'],
      iamAuthentication: true,
      enableDataApi: true,
    });
  }
}
