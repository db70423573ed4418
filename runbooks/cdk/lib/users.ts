import { Duration } from 'aws-cdk-lib';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

import { DataStack, KEPT } from './data-stack';
import { Settings } from './settings';

export interface UsersProps {
  readonly settings: Settings;
  readonly uploads: s3.Bucket;
  readonly data: DataStack;
}

/** Users: a second factor, short tokens, no password on the wire, and one's own folder only. */
export class Users extends Construct {
  readonly pool: cognito.UserPool;
  readonly client: cognito.UserPoolClient;
  readonly identityPool: cognito.CfnIdentityPool;
  readonly logs: logs.LogGroup;

  constructor(scope: Construct, id: string, props: UsersProps) {
    super(scope, id);
    const { settings } = props;
    this.pool = new cognito.UserPool(this, 'Pool', {
      userPoolName: `composer-${settings.stage}`,
      featurePlan: cognito.FeaturePlan.PLUS, // threat protection is not in the others
      standardThreatProtectionMode: cognito.StandardThreatProtectionMode.FULL_FUNCTION,
      deletionProtection: true,
      removalPolicy: KEPT,
      mfa: cognito.Mfa.OPTIONAL,
      mfaSecondFactor: { otp: true, sms: false },
      signInAliases: { email: true },
      autoVerify: { email: true },
      accountRecovery: cognito.AccountRecovery.EMAIL_ONLY,
      passwordPolicy: {
        minLength: 14,
        requireLowercase: true,
        requireUppercase: true,
        requireDigits: true,
        requireSymbols: true,
        tempPasswordValidity: Duration.days(1),
        passwordHistorySize: 5,
      },
    });
    this.client = this.pool.addClient('Web', {
      userPoolClientName: 'web',
      generateSecret: false,
      disableOAuth: true,
      authFlows: { userSrp: true },
      preventUserExistenceErrors: true,
      enableTokenRevocation: true,
      accessTokenValidity: Duration.minutes(60),
      idTokenValidity: Duration.minutes(60),
      refreshTokenValidity: Duration.days(7),
    });
    this.identityPool = new cognito.CfnIdentityPool(this, 'IdentityPool', {
      identityPoolName: `composer-${settings.stage}`,
      allowUnauthenticatedIdentities: false,
      cognitoIdentityProviders: [
        {
          clientId: this.client.userPoolClientId,
          providerName: this.pool.userPoolProviderName,
          serverSideTokenCheck: true,
        },
      ],
    });
    new cognito.CfnIdentityPoolRoleAttachment(this, 'IdentityPoolRoles', {
      identityPoolId: this.identityPool.ref,
      roles: { authenticated: this.signedIn(props.uploads).roleArn },
    });

    this.logs = props.data.logGroup(this, 'Logs', `/aws/vendedlogs/cognito/composer-${settings.stage}`);
    // The emulator does not know the type.
    if (!settings.emulated) {
      new cognito.CfnLogDeliveryConfiguration(this, 'LogDelivery', {
        userPoolId: this.pool.userPoolId,
        logConfigurations: [
          {
            eventSource: 'userAuthEvents',
            logLevel: 'INFO',
            cloudWatchLogsConfiguration: { logGroupArn: this.logs.logGroupArn },
          },
        ],
      });
    }
  }

  /** The role of somebody who has signed in: what it may reach is named after them. */
  private signedIn(uploads: s3.Bucket): iam.Role {
    const own = 'private/${cognito-identity.amazonaws.com:sub}/*';
    const conditions = {
      StringEquals: { 'cognito-identity.amazonaws.com:aud': this.identityPool.ref },
      'ForAnyValue:StringLike': { 'cognito-identity.amazonaws.com:amr': 'authenticated' },
    };
    return new iam.Role(this, 'SignedIn', {
      assumedBy: new iam.WebIdentityPrincipal('cognito-identity.amazonaws.com', conditions),
      inlinePolicies: {
        'own-folder': new iam.PolicyDocument({
          statements: [
            new iam.PolicyStatement({
              actions: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'],
              resources: [uploads.arnForObjects(own)],
            }),
            new iam.PolicyStatement({
              actions: ['s3:ListBucket'],
              resources: [uploads.bucketArn],
              conditions: { StringLike: { 's3:prefix': own } },
            }),
          ],
        }),
      },
    });
  }
}
