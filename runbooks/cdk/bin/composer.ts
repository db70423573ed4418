// The stacks of the production readiness guide. Settings come by context (`-c stage=dev …`): see lib/settings.ts.
import { App, DefaultStackSynthesizer, Tags } from 'aws-cdk-lib';

import { DataStack } from '../lib/data-stack';
import { JsonUploadStack } from '../lib/json-upload-stack';
import { readSettings } from '../lib/settings';
import { StorageStack } from '../lib/storage-stack';

// No parameter in the stacks: the runbook's checklist and the CDK itself look whether the account is bootstrapped. Of such a
// parameter the sandbox's emulator tells the value in place of the name, with which no stack can be put back.
const app = new App({
  defaultStackSynthesizer: new DefaultStackSynthesizer({ generateBootstrapVersionRule: false }),
});
const settings = readSettings(app.node);
const { stage } = settings;

const data = new DataStack(app, 'Data', { stackName: `composer-data-${stage}`, settings });
const storage = new StorageStack(app, 'Storage', { stackName: `composer-storage-${stage}`, settings, data });
new JsonUploadStack(app, 'JsonUpload', { stackName: `composer-${stage}`, settings, data, storage });

Tags.of(app).add('Application', 'composer');
Tags.of(app).add('Stage', stage);
