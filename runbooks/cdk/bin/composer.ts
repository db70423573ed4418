// The stacks of the production readiness guide. Settings come by context (`-c stage=dev …`): see lib/settings.ts.
import { App, Tags } from 'aws-cdk-lib';

import { DataStack } from '../lib/data-stack';
import { JsonUploadStack } from '../lib/json-upload-stack';
import { readSettings } from '../lib/settings';
import { StorageStack } from '../lib/storage-stack';

const app = new App();
const settings = readSettings(app.node);
const { stage } = settings;

const data = new DataStack(app, 'Data', { stackName: `composer-data-${stage}`, settings });
const storage = new StorageStack(app, 'Storage', { stackName: `composer-storage-${stage}`, settings, data });
new JsonUploadStack(app, 'JsonUpload', { stackName: `composer-${stage}`, settings, data, storage });

Tags.of(app).add('Application', 'composer');
Tags.of(app).add('Stage', stage);
